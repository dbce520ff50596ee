"""What is too old, or was never proven, is said before anything is changed."""

from __future__ import annotations

import json
from typing import Any

from backup.judge import backup_lines, drill_lines, drills, judgement

HOUR = 3600
NOW = 1_795_800_000.0
LAST: dict[str, Any] = {
    "label": "20261127-152651F",
    "kind": "full",
    "repository": 1,
    "ended": NOW - HOUR,
    "size": 30 << 20,
    "kept": 4 << 20,
}
STATE: dict[str, Any] = {"last": LAST, "backups": [LAST], "troubles": {}, "newest_log": "0A"}
PASSED: dict[str, Any] = {"at": NOW - HOUR, "problems": []}


def judged(state: dict[str, Any], drilled: list[dict[str, Any]]) -> dict[str, list[str]]:
    return judgement(state, drilled, NOW, hours=26, drill_hours=170)


def test_a_fresh_backup_and_a_fresh_drill_are_in_order() -> None:
    assert judged(STATE, [PASSED]) == {"problems": [], "warnings": []}


def test_an_old_backup_is_a_problem() -> None:
    old = STATE | {"last": LAST | {"ended": NOW - 27 * HOUR}}
    (said,) = judged(old, [PASSED])["problems"]
    assert "ended 27.0 hours ago, and may be 26 hours old" in said


def test_a_drill_that_failed_is_a_problem_even_if_one_passed_before() -> None:
    (said,) = judged(STATE, [PASSED, {"at": NOW, "problems": ["a page is wrong"]}])["problems"]
    assert "a page is wrong" in said


def test_a_drill_that_is_too_long_ago_is_a_problem() -> None:
    (said,) = judged(STATE, [PASSED | {"at": NOW - 200 * HOUR}])["problems"]
    assert "200.0 hours ago" in said


def test_what_was_never_done_is_a_warning() -> None:
    found = judged(STATE | {"last": {}, "backups": []}, [])
    assert found["problems"] == []
    assert len(found["warnings"]) == 2


def test_a_repository_in_trouble_is_a_problem() -> None:
    (said,) = judged(STATE | {"troubles": {2: "other"}}, [PASSED])["problems"]
    assert said == "Repository 2 is not as it should be: other."


def test_a_line_that_was_cut_off_is_no_drill() -> None:
    assert drills([json.dumps(PASSED), '{"at": 1, "prob']) == [PASSED]


def test_people_are_told_what_there_is() -> None:
    first, second = backup_lines(STATE, NOW)
    assert first.startswith("20261127-152651F  full, repository 1, ended 2026-11-27 16:20:00 UTC (1.0 hours ago)")
    assert second == "Newest piece of the log: 0A"
    assert backup_lines({"last": {}}, NOW) == ["There is no backup."]
    told = drill_lines(
        {"target": None, "seconds": 19.4, "archive_age": 12.0, "report": {"rows": {"a": 2}}, "problems": ["x"]}
    )
    assert told == [
        "Restored to the newest that there was and judged in 19 s.",
        "The newest piece of the log had come 12 s before.",
        "Rows: a 2.",
        "x",
    ]
