"""What a drill makes of what it restored."""

from __future__ import annotations

import shutil
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import restore_drill

NOW = 1_795_800_000.0
SETTINGS = restore_drill.Settings(
    stanza="s",
    repository=1,
    database="d",
    image="i",
    volume="v",
    folder="f",
    docker=[],
    fresh_hours=26,
    archive_timeout=60,
)
REPORT: dict[str, Any] = {
    "checksums": True,
    "revision": "2b185d7a7048",
    "rows": {"auth_users": 3, "job_postings": 0},
    "heartbeat": {"rows": 100, "last": NOW - 1_050, "gap": 60.1, "broken": 0},
}
NEWEST: dict[str, Any] = {
    "archive": {"stop": "000000020000000000000008"},
    "label": "20261127-152651F",
    "timestamp": {"stop": NOW - 5_000},
}

# One a minute, for two days.
PIECES = [NOW - 60 * ago for ago in range(1, 2_880)]


def judged(other: dict[str, object] | None = None, target: float | None = NOW - 1_000) -> list[str]:
    found = restore_drill.Drill(at=NOW, target=target, report=REPORT | (other or {}))
    return list(restore_drill.judge(found, SETTINGS))


def test_what_is_whole_passes() -> None:
    assert judged() == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"checksums": False}, "no checksums"),
        ({"revision": ""}, "no schema"),
        ({"rows": {"auth_users": 0}}, "not a single row"),
        ({"rows": {}}, "not a single row"),
        ({"heartbeat": {}}, "none of the rows that are added all the time"),
        ({"heartbeat": REPORT["heartbeat"] | {"broken": 1}}, "1 of the rows that are added all the time do not follow"),
        ({"heartbeat": REPORT["heartbeat"] | {"last": NOW - 2_000}}, "1000 s older"),
        ({"heartbeat": REPORT["heartbeat"] | {"last": NOW - 900}}, "100 s younger"),
    ],
)
def test_what_is_not_whole_fails_and_says_why(other: dict[str, object], said: str) -> None:
    (problem,) = judged(other)
    assert said in problem


def test_the_newest_that_there_is_may_lack_what_was_not_archived_yet() -> None:
    assert judged({"heartbeat": REPORT["heartbeat"] | {"last": NOW - 100}}, None) == []
    assert judged({"heartbeat": REPORT["heartbeat"] | {"last": NOW - 600}}, None) != []


def test_a_stale_repository_is_told() -> None:
    fresh = restore_drill.Drill(at=NOW, backup_age=3_600, archive_age=50)
    assert list(restore_drill.stale(fresh, [NEWEST], SETTINGS)) == []
    old = restore_drill.Drill(at=NOW, backup_age=27 * 3_600, archive_age=7_200)
    said = list(restore_drill.stale(old, [NEWEST | {"error": True}], SETTINGS))
    assert said == [
        "the newest backup is 27 hours old",
        "nothing has come to the archive for 7200 s",
        "backup 20261127-152651F holds pages whose checksums are wrong",
    ]


def test_a_target_lies_in_the_last_day_and_after_the_first_backup() -> None:
    old = NEWEST | {"timestamp": {"stop": NOW - 10**6}}
    for backups, earliest in (([NEWEST], NOW - 5_000 + 180), ([old, NEWEST], NOW - restore_drill.DAY)):
        chosen = [restore_drill.choose(backups, PIECES, NOW, 180) for _ in range(200)]
        assert all(target and earliest <= target < NOW - 180 for target in chosen)
        assert len(set(chosen)) > 1
    assert restore_drill.choose([NEWEST], PIECES, NOW - 4_900, 180) is None
    assert restore_drill.choose([NEWEST], [], NOW, 180) is None


def test_a_target_lies_after_a_restore_not_before_it() -> None:
    given_up = NEWEST | {"archive": {"stop": "000000010000000000000009"}, "timestamp": {"stop": NOW - 50_000}}
    chosen = [restore_drill.choose([given_up, NEWEST], PIECES, NOW, 180) for _ in range(200)]
    assert all(target and target >= NOW - 5_000 for target in chosen)


@pytest.mark.parametrize("ago", [100, 1_500], ids=["just now", "a while ago"])
def test_a_target_is_no_time_at_which_the_cluster_did_not_serve(ago: int) -> None:
    """No row of that time shows how whole the restored one is, and just afterwards none of later ends the recovery."""
    begin, end = NOW - ago - 900, NOW - ago
    pieces = [one for one in PIECES if not begin < one < end]
    chosen = [restore_drill.choose([NEWEST], pieces, NOW, 180) for _ in range(500)]
    assert all(target and not begin + 180 < target < end - 180 for target in chosen)
    if ago < 180:
        assert all(target and target < begin for target in chosen)


def test_a_drill_keeps_to_the_backups_of_the_version_that_serves() -> None:
    stanza: dict[str, list[dict[str, Any]]] = {
        "db": [
            {"id": 1, "repo-key": 1, "system-id": 111, "version": "15"},
            {"id": 2, "repo-key": 1, "system-id": 222, "version": "17"},
            {"id": 3, "repo-key": 2, "system-id": 111, "version": "15"},
        ],
        "backup": [
            {"label": label, "database": {"id": id_, "repo-key": repository}}
            for label, id_, repository in (("former", 1, 1), ("now", 2, 1), ("elsewhere", 3, 2))
        ],
    }
    assert [one["label"] for one in restore_drill.current(stanza, 1)] == ["now"]
    assert restore_drill.cluster(stanza, 1) == {2: "17-2/"}
    stanza["db"].append({"id": 4, "repo-key": 1, "system-id": 111, "version": "15"})
    assert [one["label"] for one in restore_drill.current(stanza, 1)] == ["former"]
    assert restore_drill.cluster(stanza, 1) == {1: "15-1/", 4: "15-4/"}


def test_a_rehearsal_fails_where_the_upgraded_copy_is_not_what_it_was() -> None:
    report = {"checksums": True, "revision": "a", "rows": {"auth_users": 2}, "heartbeat": {"rows": 9}, "timeline": 1}
    other = report | {"rows": {"auth_users": 1}, "timeline": 2}
    assert list(restore_drill.judge_upgrade(restore_drill.Drill(at=NOW, report=report, upgraded=report))) == []
    found = list(restore_drill.judge_upgrade(restore_drill.Drill(at=NOW, report=report, upgraded=other)))
    assert found == ["rows of the upgraded copy: {'auth_users': 1}, before {'auth_users': 2}"]


def test_nothing_is_restored_without_room_and_a_rehearsal_needs_twice_the_size() -> None:
    newest = NEWEST | {"info": {"size": 5 << 30}}
    rehearsal = replace(SETTINGS, rehearsal=True)
    assert list(restore_drill.short([newest], SETTINGS, 6 << 30)) == []
    assert list(restore_drill.short([newest], rehearsal, 11 << 30)) == []
    (problem,) = restore_drill.short([newest], SETTINGS, (6 << 30) - 1)
    assert "that needs 6144 MiB, and the disk of /var/lib/docker has 6143 MiB free" in problem
    assert len(list(restore_drill.short([newest], rehearsal, (11 << 30) - 1))) == 1


def test_a_drill_without_room_touches_no_volume_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    newest = NEWEST | {"info": {"size": 5 << 30}, "database": {"repo-key": 1, "id": 1}}
    stanza = {"db": [{"id": 1, "repo-key": 1, "system-id": 7, "version": "17"}], "backup": [newest]}
    monkeypatch.setattr(restore_drill, "ask", lambda _settings, *words: [stanza] if words == ("info",) else {})
    monkeypatch.setattr(restore_drill, "restore", lambda *_: pytest.fail("it was restored"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1 << 30))
    found = restore_drill.drill(SETTINGS)
    assert found.report == {}
    assert "nothing was restored" in found.problems[-1]
