"""What backups there are, for templates."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

# On a controller, plugins find the project's own Python only so.
sys.path.append(str(Path(__file__).parents[1] / "module_utils"))

from backup.info import read
from backup.judge import backup_lines, drill_lines, drills, judgement
from backup.restore import TargetError, plan, problems
from backup.timelines import read_timelines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def backup_state(told: str, repositories: Iterable[int] = (1,)) -> dict[str, Any]:
    """Return what the repositories hold, as fields of backup.info.State, and the newest backup as `last`."""
    state = read(told, repositories)
    return asdict(state) | {"last": asdict(state.last) if state.last else {}}


def backup_judgement(
    state: Mapping[str, Any], drilled: Iterable[str], now: float, *, hours: float, drill_hours: float
) -> dict[str, list[str]]:
    """Return what keeps from changing what could not be restored; `drilled` holds the lines of the drills."""
    return judgement(state, drills(drilled), now, hours=hours, drill_hours=drill_hours)


def restore_plan(told: str, target: str, *, timelines: str, replaces: str, place: str, free: int) -> dict[str, Any]:
    """Return how to restore to a target, as fields of backup.restore.Plan, and `problems` that keep from it."""
    try:
        way = plan(target, read(told), read_timelines(timelines), time.time())
    except TargetError as error:
        return {"problems": [str(error)], "words": target, "options": [], "size": 0}
    return asdict(way) | {"problems": problems(way, replaces=replaces, place=place, free=free)}


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {
            "backup_state": backup_state,
            "backup_judgement": backup_judgement,
            "backup_lines": backup_lines,
            "drill_lines": drill_lines,
            "restore_plan": restore_plan,
        }
