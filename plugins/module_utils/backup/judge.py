"""Whether backups and drills are fresh, and what people are told of them. Times are in seconds since the epoch."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HOUR = 3600


def drills(told: Iterable[str]) -> list[dict[str, Any]]:
    """Return what the lines of drills.jsonl say, oldest first; a line that was cut off says nothing."""
    found: list[dict[str, Any]] = []
    for line in told:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def judgement(
    state: Mapping[str, Any], drilled: Sequence[Mapping[str, Any]], now: float, *, hours: float, drill_hours: float
) -> dict[str, list[str]]:
    """Return what keeps from changing what could not be restored, as `problems`, and `warnings`.

    Args:
        state: Fields of backup.info.State, and `last`.
        drilled: What the drills found.
        now: The time.
        hours: How old the newest backup may be.
        drill_hours: How old the newest drill that passed may be.
    """
    problems, warnings = [], []
    last = state["last"]
    if not last:
        warnings.append("no backup has ever succeeded: playbooks/backup.yml makes one.")
    elif now - last["ended"] > hours * HOUR:
        problems.append(
            f"The newest backup ended {_hours(now - last['ended'])} ago, and may be {hours:g} hours old: make one "
            "(playbooks/backup.yml), or raise backup_fresh_hours."
        )
    problems += [f"Repository {key} is not as it should be: {said}." for key, said in state["troubles"].items()]
    passed = [one for one in drilled if not one["problems"]]
    if not drilled:
        warnings.append("no backup was ever restored to see whether it can be: playbooks/restore_drill.yml does.")
    elif drilled[-1]["problems"]:
        problems.append(
            f"The last restore drill failed: {'; '.join(drilled[-1]['problems'])}. Mend that, and run "
            "playbooks/restore_drill.yml."
        )
    elif now - passed[-1]["at"] > drill_hours * HOUR:
        problems.append(
            f"The last restore drill was {_hours(now - passed[-1]['at'])} ago, and may be {drill_hours:g} hours old: "
            "run playbooks/restore_drill.yml, or raise backup_drill_fresh_hours."
        )
    return {"problems": problems, "warnings": warnings}


def archive_problems(told: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with how PostgreSQL archives its log.

    Args:
        told: When it last `archived` a piece, and last `failed` to, in seconds since the epoch or None; and how many
            pieces are `waiting` (PostgreSQL 17 documentation, 27.2.10, pg_stat_archiver).
    """
    archived, failed = told["archived"], told["failed"]
    if failed is None or (archived is not None and archived > failed):
        return []
    since = f"since {moment(archived)}" if archived is not None else "and never was"
    waiting = f"pieces that wait on the database's host until the repository takes them: {told['waiting']}"
    remedy = "Nothing is lost, but its disk fills: docker logs postgres there says why."
    return [f"The log of changes is not archived {since}; {waiting}. {remedy}"]


def backup_lines(state: Mapping[str, Any], now: float) -> list[str]:
    """Return what backups there are, a line each, newest first."""
    if not state["last"]:
        return ["There is no backup."]
    return [
        f"{one['label']}  {one['kind']}, repository {one['repository']}, ended {moment(one['ended'])} "
        f"({_hours(now - one['ended'])} ago), database {size(one['size'])}, adds {size(one['kept'])}"
        for one in reversed(state["backups"])
    ] + [f"Newest piece of the log: {state['newest_log'] or 'none'}"]


def drill_lines(drill: Mapping[str, Any]) -> list[str]:
    """Return what a drill found."""
    target = "the newest that there was" if drill["target"] is None else moment(drill["target"])
    lines = [f"Restored to {target} and judged in {drill['seconds']:.0f} s."] if drill["seconds"] is not None else []
    if drill["archive_age"] is not None:
        lines.append(f"The newest piece of the log had come {drill['archive_age']:.0f} s before.")
    if drill["report"]:
        rows = ", ".join(f"{table} {count}" for table, count in sorted(drill["report"]["rows"].items()))
        lines.append(f"Rows: {rows or 'none'}.")
    return [*lines, *drill["problems"]]


def moment(at: float) -> str:
    """Return a time as people write it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def size(count: int) -> str:
    """Return a number of bytes as people write it."""
    return f"{count / (1 << 20):.1f} MiB"


def _hours(seconds: float) -> str:
    return f"{seconds / HOUR:.1f} hours"
