"""To what can be restored, and what is refused before anything is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from backup.info import Backup, State
from backup.restore import SPARE_BYTES, Plan, TargetError, problems
from backup.restore import plan as plan_along
from backup.timelines import Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = 1_795_800_000.0  # 2026-11-27 17:20:00 UTC
HOUR = 3600


def backup(
    label: str, ended: float, repository: int = 1, *, timeline: int = 1, end: int = 0, version: str = "17"
) -> Backup:
    return Backup(
        label,
        "full",
        repository,
        int(ended) - 10,
        int(ended),
        30 << 20,
        1 << 20,
        broken_pages=False,
        timeline=timeline,
        end=end,
        version=version,
        current=version == "17",
    )


def plan(target: str, state: State, now: float, timelines: Sequence[Timeline] = ()) -> Plan:
    return plan_along(target, state, timelines, now)


STATE = State("222", "17", ["17-2"], [backup("first", NOW - 3 * HOUR), backup("second", NOW - HOUR, 2)], "0A", [], {})


def test_the_newest_is_the_end_of_the_log_after_the_newest_backup() -> None:
    assert plan("latest", STATE, NOW).options == (
        "--type=default",
        "--target-timeline=current",
        "--set=second",
        "--repo=2",
    )


# Two hours ago the database was restored to what it was three and a half hours ago: line 2 left line 1 there.
RESTORED = Timeline(2, NOW - 2 * HOUR, ((1, 100),))
LINES = State(
    "222",
    "17",
    ["17-2"],
    [
        backup("before", NOW - 4 * HOUR, end=90),
        backup("given up", NOW - 2.5 * HOUR, end=200),
        backup("after", NOW - HOUR, timeline=2, end=180),
    ],
    "0A",
    [],
    {},
)


@pytest.mark.parametrize(
    ("target", "label", "timeline"),
    [
        ("2026-11-27T15:15:00Z", "given up", "current"),  # what was given up is still there
        ("2026-11-27T15:50:00Z", "before", "2"),
        ("2026-11-27T17:00:00Z", "after", "current"),
        ("latest", "after", "current"),
    ],
)
def test_a_restore_follows_the_line_that_was_written_at_that_time(target: str, label: str, timeline: str) -> None:
    options = plan(target, LINES, NOW, [RESTORED]).options
    assert f"--set={label}" in options
    assert f"--target-timeline={timeline}" in options


def test_a_backup_of_the_line_that_was_given_up_says_that_it_serves_again() -> None:
    again = backup("again", NOW - HOUR, timeline=1, end=300)
    state = State("222", "17", ["17-2"], [*LINES.backups[:2], again], "0A", [], {})
    assert "--set=again" in plan("latest", state, NOW, [RESTORED]).options


def test_where_only_lines_that_were_given_up_have_backups_the_last_moment_that_can_be_had_is_told() -> None:
    state = State("222", "17", ["17-2"], [LINES.backups[1]], "0A", [], {})
    with pytest.raises(TargetError, match=r"no backup leads there: timeline 2 .* before 2026-11-27 15:20:00 UTC"):
        plan("latest", state, NOW, [RESTORED])


@pytest.mark.parametrize(
    ("target", "label", "repository"),
    [
        ("2026-11-27T15:00:00Z", "first", 1),
        ("2026-11-27T18:00:00+03:00", "first", 1),
        ("2026-11-27 17:00:00+00:00", "second", 2),
    ],
)
def test_a_time_is_restored_from_the_newest_backup_before_it(target: str, label: str, repository: int) -> None:
    way = plan(target, STATE, NOW)
    assert way.options[0] == "--type=time"
    assert way.options[-2:] == (f"--set={label}", f"--repo={repository}")


def test_a_time_keeps_its_fraction_and_is_given_in_utc() -> None:
    assert "--target=2026-11-27 15:00:00.250000+00" in plan("2026-11-27T16:00:00.25+01:00", STATE, NOW).options


def test_a_restore_point_is_restored_from_the_newest_backup_before_it_was_made() -> None:
    way = plan("upgrade-1.1.0-20261127T150000Z", STATE, NOW)
    assert way.options[:2] == ("--type=name", "--target=upgrade-1.1.0-20261127T150000Z")
    assert "--set=first" in way.options


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("2026-11-27T13:00:00Z", "the oldest backup ended after that, at 2026-11-27 14:20:00 UTC"),
        ("upgrade-1.1.0-20261127T130000Z", "the oldest backup ended after that"),
        ("2026-11-27T18:00:00Z", "is in the future"),
        ("2026-11-27T15:00:00", "without a zone"),
        ("2026-11-27T25:00:00Z", "no time of ISO 8601"),
        ("yesterday", "does not end with the time at which it was made"),
        ("a point; rm -rf /", "say latest, a time with its zone"),
    ],
)
def test_a_target_that_cannot_be_is_refused_with_the_remedy(target: str, said: str) -> None:
    with pytest.raises(TargetError, match=said):
        plan(target, STATE, NOW)


def test_without_a_backup_nothing_can_be_restored() -> None:
    with pytest.raises(TargetError, match="There is no backup"):
        plan("latest", State("", "", "", [], "", [1], {}), NOW)


def test_nothing_is_replaced_that_was_not_named() -> None:
    way = Plan("the newest that there is", ("--type=default",), 1 << 20)
    (said,) = problems(way, replaces="", place="jobfolio-postgres", free=1 << 40)
    assert said.endswith("-e restore_replaces=jobfolio-postgres.")
    assert problems(way, replaces="jobfolio-postgres", place="jobfolio-postgres", free=1 << 40) == []


def test_both_databases_have_to_find_room() -> None:
    way = Plan("the newest that there is", ("--type=default",), 5 << 20)
    (said,) = problems(way, replaces="v", place="v", free=SPARE_BYTES)
    assert "has 1024 MiB free, and the restored database beside the present one needs 1029" in said
    assert problems(way, replaces="v", place="v", free=SPARE_BYTES + (5 << 20)) == []


UPGRADED = State(
    "222",
    "17",
    ["17-2"],
    [backup("former", NOW - 3 * HOUR, version="15"), backup("first", NOW - HOUR)],
    "0A",
    [],
    {},
)


def test_what_another_version_has_written_is_not_restored_into_this_one() -> None:
    with pytest.raises(TargetError, match=r"when PostgreSQL 15 served, and 17 does now: take the upgrade back first"):
        plan("2026-11-27T15:20:00Z", UPGRADED, NOW)
    assert plan("latest", UPGRADED, NOW).options[-2:] == ("--set=first", "--repo=1")
