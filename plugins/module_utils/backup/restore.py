"""To what a database can be restored, from what, and what keeps it from that: decisions only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .timelines import live

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .info import Backup, State
    from .timelines import Timeline

LATEST = "latest"
# A restore point that is ours ends with the time at which it was made.
POINT = re.compile(r"[A-Za-z0-9._-]{1,63}")
POINT_TIME = re.compile(r"-(\d{8}T\d{6}Z)$")
LIKE_A_TIME = re.compile(r"\d{4}-\d{2}-\d{2}")
# Beside what is restored, for the log that is replayed.
SPARE_BYTES = 1 << 30


class TargetError(ValueError):
    """There is no way to that target. The message is one sentence for the operator."""


@dataclass(frozen=True)
class Plan:
    """How to restore. `options` are those of pgBackRest's command restore."""

    words: str
    """What it is restored to, for people."""
    options: tuple[str, ...]
    size: int
    """Bytes that the restored database takes."""


def plan(target: str, state: State, timelines: Sequence[Timeline], now: float) -> Plan:
    """Return how to restore to a target.

    Args:
        target: "latest", a time of ISO 8601 with its zone, or the name of a restore point.
        state: What the repositories hold.
        timelines: Those of the cluster's archive.
        now: Seconds since the epoch.

    Raises:
        TargetError: It cannot be restored to.
    """
    if not state.last:
        raise TargetError("There is no backup that could be restored; see what playbooks/status.yml says of backups.")
    if target == LATEST:
        return _plan("the newest that there is", ("--type=default",), _backup(target, now, state, timelines))
    if LIKE_A_TIME.match(target):
        at = _time(target, now)
        # Whole seconds, as pgBackRest chooses the backup; fractions of one are given to PostgreSQL.
        text = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
        options = ("--type=time", f"--target={text}", "--target-action=promote")
        return _plan(f"the state of {text}", options, _backup(target, at, state, timelines))
    if not POINT.fullmatch(target):
        raise TargetError(
            f"restore_to is {target}: say latest, a time with its zone such as 2026-11-27T14:30:00Z, or the name of a "
            "restore point (letters, digits, dot, hyphen and underscore)."
        )
    made = POINT_TIME.search(target)
    if not made:
        raise TargetError(
            f"The restore point {target} does not end with the time at which it was made, as those of upgrade.yml do; "
            "restore to a time in its place."
        )
    at = datetime.strptime(made[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    options = ("--type=name", f"--target={target}", "--target-action=promote")
    return _plan(f"restore point {target}", options, _backup(target, at, state, timelines))


def problems(target: Plan, *, replaces: str, place: str, free: int) -> list[str]:
    """Return what keeps a restore from being begun.

    Args:
        target: How it shall be restored.
        replaces: What the operator says that it replaces.
        place: What it would replace.
        free: Free bytes there.
    """
    found = []
    if replaces != place:
        found.append(
            f"This would set aside the database in {place} and put {target.words} in its place; if that is meant, say "
            f"-e restore_replaces={place}."
        )
    needed = target.size + SPARE_BYTES
    if free < needed:
        found.append(
            f"The disk of {place} has {free >> 20} MiB free, and the restored database beside the present one needs "
            f"{needed >> 20}; enlarge it, or remove what earlier restores set aside."
        )
    return found


def _time(target: str, now: float) -> float:
    try:
        at = datetime.fromisoformat(target)
    except ValueError:
        raise TargetError(f"restore_to is {target}, no time of ISO 8601 such as 2026-11-27T14:30:00Z.") from None
    if at.tzinfo is None:
        raise TargetError(
            f"restore_to is {target}, without a zone; say for example 2026-11-27T14:30:00Z, which is UTC."
        )
    if at.timestamp() > now:
        raise TargetError(f"restore_to is {target}, which is in the future; say latest for all that there is.")
    return at.timestamp()


def _backup(target: str, at: float, state: State, timelines: Sequence[Timeline]) -> tuple[Backup, str]:
    """Return the newest backup that leads to a time, and the timeline along which it does."""
    earlier = [backup for backup in state.backups if backup.ended < at]
    able = [backup for backup in earlier if backup.current]
    if earlier and not able:
        raise TargetError(
            f"restore_to is {target}, when PostgreSQL {earlier[-1].version} served, and {state.version} does now: take "
            "the upgrade back first (playbooks/upgrade_postgres.yml -e postgres_upgrade_way=back); docs/backups.md has "
            "more."
        )
    if not able:
        first = datetime.fromtimestamp(state.backups[0].ended, UTC)
        raise TargetError(
            f"restore_to is {target}, and the oldest backup ended after that, at {first:%Y-%m-%d %H:%M:%S} UTC."
        )
    line = live(timelines, at)
    # A backup after that says which one really serves: people may have gone back to the cluster that was set aside.
    if line is None or line.began <= able[-1].ended:
        return able[-1], "current"
    held = [backup for backup in able if line.holds(backup)]
    if not held:
        began = datetime.fromtimestamp(line.began, UTC)
        raise TargetError(
            f"restore_to is {target}, and no backup leads there: timeline {line.number} was written then, and the "
            f"backups before are of others. Choose a time before {began:%Y-%m-%d %H:%M:%S} UTC, when that one began."
        )
    return held[-1], str(line.number)


def _plan(words: str, options: Sequence[str], chosen: tuple[Backup, str]) -> Plan:
    backup, timeline = chosen
    # PostgreSQL would follow the newest, which may have begun after what is asked for.
    way = (f"--target-timeline={timeline}", f"--set={backup.label}", f"--repo={backup.repository}")
    return Plan(words, (*options, *way), backup.size)
