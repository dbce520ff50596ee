"""What pgBackRest tells is read as it is meant."""

from __future__ import annotations

import json
from typing import Any

from backup.info import read

BACKUP = {
    "archive": {"start": "000000020000000000000007", "stop": "000000020000000000000008"},
    "database": {"id": 2, "repo-key": 1},
    "error": False,
    "info": {"size": 31_000_000, "repository": {"delta": 100_000}},
    "label": "20261127-152651F",
    "lsn": {"start": "0/7000028", "stop": "1/8000100"},
    "timestamp": {"start": 1_000, "stop": 1_010},
    "type": "full",
}


def told(**other: object) -> str:
    stanza: dict[str, Any] = {
        "archive": [{"database": {"id": 2, "repo-key": 1}, "id": "17-2", "max": "000000020000000000000009"}],
        "backup": [BACKUP],
        "db": [
            {"id": 1, "repo-key": 1, "system-id": 111, "version": "15"},
            {"id": 2, "repo-key": 1, "system-id": 222, "version": "17"},
            {"id": 2, "repo-key": 2, "system-id": 222, "version": "17"},
        ],
        "repo": [{"key": 1, "status": {"code": 0, "message": "ok"}}],
    }
    return json.dumps([stanza | other])


def test_the_cluster_is_the_newest_that_it_knows() -> None:
    state = read(told())
    assert (state.system_identifier, state.version) == ("222", "17")
    assert state.archives == ["17-2"]
    assert state.newest_log == "000000020000000000000009"
    assert (state.uninitialised, state.troubles) == ([], {})


def test_the_last_backup_is_the_one_that_ended_last_in_whichever_repository() -> None:
    later = BACKUP | {
        "label": "later",
        "timestamp": {"start": 1_005, "stop": 1_020},
        "database": {"id": 2, "repo-key": 2},
        "error": True,
    }
    last = read(told(backup=[later, BACKUP])).last
    assert last is not None
    assert (last.label, last.repository, last.broken_pages) == ("later", 2, True)
    assert (last.timeline, last.end) == (2, 0x1_0800_0100)


def test_an_upgrade_that_was_taken_back_leaves_what_is_of_the_cluster_and_what_is_not() -> None:
    former, back = BACKUP | {"label": "former", "database": {"id": 1, "repo-key": 1}}, {"id": 3, "repo-key": 1}
    state = read(
        told(
            backup=[former, BACKUP, BACKUP | {"label": "back", "database": back}],
            archive=[
                {"database": {"id": 2, "repo-key": 1}, "id": "17-2", "max": "000000010000000000000029"},
                {"database": back, "id": "15-3", "max": "000000010000000000000011"},
            ],
            db=[
                {"id": 1, "repo-key": 1, "system-id": 111, "version": "15"},
                {"id": 2, "repo-key": 1, "system-id": 222, "version": "17"},
                {"id": 3, "repo-key": 1, "system-id": 111, "version": "15"},
            ],
        )
    )
    assert state.archives == ["15-1", "15-3"]
    assert state.newest_log == "000000010000000000000011"
    assert {one.label: (one.version, one.current) for one in state.backups} == {
        "former": ("15", True),
        BACKUP["label"]: ("17", False),
        "back": ("15", True),
    }


def test_a_repository_without_a_cluster_waits_to_be_made_and_one_without_a_backup_is_in_order() -> None:
    status = [
        {"key": 1, "status": {"code": 2, "message": "no valid backups"}},
        {"key": 2, "status": {"code": 1, "message": "missing stanza path"}},
    ]
    state = read(told(repo=status, backup=[]), (1, 2))
    assert state.uninitialised == [2]
    assert (state.last, state.troubles) == (None, {})


def test_what_a_repository_says_is_wrong_is_told() -> None:
    status = [{"key": 1, "status": {"code": 99, "message": "other"}}]
    assert read(told(repo=status)).troubles == {1: "other"}


def test_no_answer_is_a_state_without_anything() -> None:
    state = read("", (1,))
    assert (state.system_identifier, state.last, state.uninitialised) == ("", None, [1])
