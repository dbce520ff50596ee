"""What file_set decides to change, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from files.diff import describe
from files.plan import (
    ABSENT,
    Change,
    Found,
    RefusedError,
    Wanted,
    check_paths,
    loses_first_line,
    misses_lines,
    missing_parents,
    parse_mode,
    plan,
    unlisted,
    with_kept_lines,
)

FILE = Wanted("/etc/app/a.conf", "file", 0o640, 1, 2, b"new\n")
SAME = Found("file", 0o640, 1, 2, b"new\n")


def actions(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.action, change.path) for change in changes]


def test_a_file_as_wanted_is_left_alone() -> None:
    assert plan([FILE], {FILE.path: SAME}) == []


@pytest.mark.parametrize(
    ("found", "action"),
    [
        (ABSENT, "write"),
        (Found("link", 0o777), "write"),
        (Found("file", 0o640, 1, 2, b"old\n"), "write"),
        (Found("file", 0o644, 1, 2, b"new\n"), "set attributes"),
        (Found("file", 0o640, 0, 2, b"new\n"), "set attributes"),
        (Found("file", 0o640, 1, 0, b"new\n"), "set attributes"),
    ],
)
def test_a_file_that_differs_is_changed(found: Found, action: str) -> None:
    assert actions(plan([FILE], {FILE.path: found})) == [(action, FILE.path)]


def test_a_file_whose_content_is_another_s_to_change_is_only_given_mode_and_owner() -> None:
    kept = replace(FILE, keep=True)
    assert actions(plan([kept], {FILE.path: Found("file", 0o640, 1, 2, b"theirs\n")})) == []
    assert actions(plan([kept], {FILE.path: Found("file", 0o644, 1, 2, b"theirs\n")})) == [
        ("set attributes", FILE.path)
    ]
    assert actions(plan([kept], {FILE.path: ABSENT})) == [("write", FILE.path)]


@pytest.mark.parametrize(
    ("there", "given", "then", "misses", "loses"),
    [
        (b"old", b"new", b"old\nnew", True, True),
        (b"old", b"new\nold", b"old\nnew", True, False),
        (b"old\nnew", b"new", b"old\nnew", False, True),
        (b"new\nold\n", b"new", b"new\nold\n", False, False),
        (b"", b"new", b"new", True, False),
    ],
)
def test_lines_that_are_there_stay_before_those_that_come(
    there: bytes, given: bytes, then: bytes, *, misses: bool, loses: bool
) -> None:
    wanted, found = replace(FILE, content=given, keep_lines=True), replace(SAME, content=there)
    assert with_kept_lines(wanted, found).content == then
    assert (misses_lines(wanted, found), loses_first_line(wanted, found)) == (misses, loses)


def test_a_file_that_is_not_there_gets_the_lines_that_are_given() -> None:
    wanted = replace(FILE, content=b"new", keep_lines=True)
    assert with_kept_lines(wanted, ABSENT).content == b"new"
    assert (misses_lines(wanted, ABSENT), loses_first_line(wanted, ABSENT)) == (False, False)


def test_directories_come_first_and_removals_last_from_the_leaves_up() -> None:
    wanted = [
        Wanted("/srv/old", "absent"),
        Wanted("/srv/old/deeper", "absent"),
        Wanted("/srv/a/b/file", "file", content=b""),
        Wanted("/srv/a/b", "directory"),
        Wanted("/srv/a", "directory"),
    ]
    found = {item.path: ABSENT for item in wanted} | {
        path: Found("directory") for path in ("/srv/old", "/srv/old/deeper")
    }
    assert actions(plan(wanted, found)) == [
        ("create directory", "/srv/a"),
        ("create directory", "/srv/a/b"),
        ("write", "/srv/a/b/file"),
        ("remove", "/srv/old/deeper"),
        ("remove", "/srv/old"),
    ]


def test_what_is_absent_already_is_left_alone() -> None:
    assert plan([Wanted("/srv/old", "absent")], {"/srv/old": ABSENT}) == []


@pytest.mark.parametrize(
    ("state", "kind"), [("file", "directory"), ("directory", "file"), ("directory", "link"), ("file", "other")]
)
def test_nothing_gives_way_to_another_kind(state: str, kind: str) -> None:
    with pytest.raises(RefusedError, match="move it away first"):
        plan([Wanted("/srv/a", state)], {"/srv/a": Found(kind)})  # type: ignore[arg-type]


def test_purging_keeps_what_is_listed_and_what_leads_to_it() -> None:
    wanted = [FILE, Wanted("/etc/app/sub/deep/file", "file"), Wanted("/etc/app/gone", "absent")]
    names = ["a.conf", "b.conf", "sub", "gone", "secrets"]
    assert unlisted(wanted, {"/etc/app": names}) == ["/etc/app/b.conf", "/etc/app/secrets"]


def test_a_purged_directory_inside_a_purged_directory_stays() -> None:
    assert unlisted([], {"/etc/app": ["secrets"], "/etc/app/secrets": ["old"]}) == ["/etc/app/secrets/old"]


def test_a_missing_parent_is_named_unless_it_is_listed() -> None:
    assert missing_parents([FILE], {"/etc/app": ABSENT}) == ["/etc/app"]
    assert missing_parents([FILE], {"/etc/app": Found("directory")}) == []
    listed = [FILE, Wanted("/etc/app", "directory")]
    assert missing_parents(listed, {"/etc/app": ABSENT, "/etc": Found("directory")}) == []


@pytest.mark.parametrize("path", ["relative", "/a/../b", "/a/b/", "/a//b"])
def test_a_path_that_could_mean_two_things_is_refused(path: str) -> None:
    with pytest.raises(RefusedError, match="shortest form"):
        check_paths([Wanted(path, "file")], [])


def test_a_path_listed_twice_is_refused() -> None:
    with pytest.raises(RefusedError, match="listed twice"):
        check_paths([FILE, FILE], [])


@pytest.mark.parametrize("path", ["/", "/etc"])
def test_the_top_of_the_file_system_is_neither_removed_nor_purged(path: str) -> None:
    with pytest.raises(RefusedError, match="too close to the root"):
        check_paths([Wanted(path, "absent")], [])
    with pytest.raises(RefusedError, match="too close to the root"):
        check_paths([], [path])


def test_a_mode_is_four_octal_digits() -> None:
    assert parse_mode("0640") == 0o640
    assert parse_mode("2750") == 0o2750
    for wrong in ("420", "u=rw", "0999", "0640\n", ""):
        with pytest.raises(RefusedError, match="four octal digits"):
            parse_mode(wrong)


def test_a_diff_of_a_secret_says_only_that_it_differs() -> None:
    wanted = Wanted("/run/x", "file", 0o400, content=b"new-secret", secret=True)
    shown = describe(Change("/run/x", "write", Found("file", 0o400, content=b"old-secret"), wanted))
    assert "new-secret" not in str(shown)
    assert "old-secret" not in str(shown)
    assert shown["before"] != shown["after"]


def test_a_diff_of_a_file_shows_its_lines_and_no_attributes_that_stay() -> None:
    shown = describe(Change(FILE.path, "write", Found("file", 0o640, 1, 2, b"old\n"), FILE))
    assert (shown["before"], shown["after"]) == ("old\n", "new\n")


def test_a_diff_of_attributes_names_them() -> None:
    shown = describe(Change(FILE.path, "set attributes", Found("file", 0o644, 0, 2, b"new\n"), FILE))
    assert "mode=0644 owner=0" in shown["before"]
    assert "mode=0640 owner=1" in shown["after"]


def test_a_removed_file_shows_no_content() -> None:
    shown = describe(Change("/srv/x", "remove", Found("file", 0o600, content=b"was secret")))
    assert "was secret" not in str(shown)
    assert shown["after"] == "absent\n"
