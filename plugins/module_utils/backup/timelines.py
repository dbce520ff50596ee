"""Which line of a cluster's history lived when, and which backups lie on it.

PostgreSQL begins a timeline whenever a recovery ends, and archives a file that tells where each one left the one
before (PostgreSQL documentation, 26.3.6 Timelines). After a restore to an earlier time the former line is given up: a
backup of its end is of no use to the new one, and the new one is of no use to who wants what the former held.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .info import Backup

# What role backup prints before each file.
FILE = re.compile(r"^# ([0-9A-F]{8})\.history$")
BRANCH = re.compile(r"^\s*(\d+)\s+([0-9A-F]+/[0-9A-F]+)\s")


@dataclass(frozen=True)
class Timeline:
    """One line of history."""

    number: int
    began: float
    """Seconds since the epoch."""
    left: Sequence[tuple[int, int]] = ()
    """The lines that it comes from, oldest first, each with the place in its log where it was left."""

    def holds(self, backup: Backup) -> bool:
        """Return whether that backup can be recovered along this line."""
        return backup.timeline == self.number or any(
            backup.timeline == number and backup.end <= place for number, place in self.left
        )


def place(told: str) -> int:
    """Return a place in the log, which PostgreSQL writes as two hexadecimal halves ("0/3000060"), as a number."""
    high, low = told.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def read_timelines(told: str) -> list[Timeline]:
    """Return the timelines of an archive by the time at which they began.

    The first one has no file, and is not among them.

    Args:
        told: For each repository a line with the files and their times, as ``pgbackrest repo-ls --output=json`` tells
            them; for each file a line "# NAME", and then what is in it.
    """
    began: dict[int, float] = {}
    left: dict[int, list[tuple[int, int]]] = {}
    for line in told.splitlines():
        if line.startswith("{"):
            for name, file in json.loads(line).items():
                if FILE.match(f"# {name}"):
                    number = int(name[:8], 16)
                    began[number] = min(file["time"], began.get(number, file["time"]))
        elif found := FILE.match(line):
            # A second repository tells the same.
            current = left[int(found[1], 16)] = []
        elif found := BRANCH.match(line):
            current.append((int(found[1]), place(found[2])))
    return sorted(
        (Timeline(number, at, tuple(left.get(number, ()))) for number, at in began.items()), key=lambda one: one.began
    )


def live(timelines: Sequence[Timeline], at: float) -> Timeline | None:
    """Return the timeline that was written at a time; None is the one that was there before the first change."""
    return next((one for one in reversed(timelines) if one.began <= at), None)
