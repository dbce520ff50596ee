"""What was done to the fleet, in the order it was done: lines that are only ever added, each sealed by the one before.

An entry is a line of JSON. Its ``hash`` is the SHA-256 of the rest of it, in which ``previous`` is the hash of the
entry before: whoever changes, removes or inserts an entry breaks the chain from there on. It tells of changes, it does
not prevent them: who may write as root on the db host can write a chain anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .folder import sync

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIRST = "0" * 64


class JournalError(Exception):
    """The chain of entries is broken. The message is one sentence for the operator."""


@dataclass(frozen=True)
class Entry:
    """One thing that was done.

    ``time`` is in seconds since the epoch, by the db host's clock; ``lease`` is the fencing number of who did it.
    """

    number: int
    time: float
    lease: int
    event: str
    details: Mapping[str, Any]
    previous: str

    def seal(self) -> str:
        """Return the hash of all that the entry says."""
        return hashlib.sha256(_text(asdict(self)).encode()).hexdigest()

    def sealed(self) -> dict[str, Any]:
        """Return all that the entry says, and its hash."""
        return asdict(self) | {"hash": self.seal()}

    def line(self) -> str:
        """Return the entry as it stands in the file."""
        return _text(self.sealed()) + "\n"


def read(path: Path) -> list[Entry]:
    """Return all entries, oldest first; a last line that a loss of power cut off is none.

    Raises:
        JournalError: An entry was changed, removed or inserted.
    """
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    entries: list[Entry] = []
    for number, line in enumerate(lines, start=1):
        entry = _parse(path, number, line)
        if entry.number != number or entry.previous != (entries[-1].seal() if entries else FIRST):
            raise JournalError(
                f"The journal {path} is broken at line {number}: an entry before it was changed, removed or inserted. "
                "Keep the file, and find out who did; a new one begins once it is moved away."
            )
        entries.append(entry)
    return entries


def append(path: Path, event: str, details: Mapping[str, Any], lease: int, now: float) -> Entry:
    """Add an entry, durably. The folder's lock is held by the caller.

    Raises:
        JournalError: The chain is broken.
    """
    entries = read(path)
    whole = path.read_bytes().rfind(b"\n") + 1 if entries else 0
    entry = Entry(len(entries) + 1, now, lease, event, details, entries[-1].seal() if entries else FIRST)
    is_new = not path.exists()
    with path.open("ab") as file:
        os.fchmod(file.fileno(), 0o600)
        # A line that was cut off is not an entry: nobody was told that it was written.
        file.truncate(whole)
        file.write(entry.line().encode())
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync(path.parent)
    return entry


def _parse(path: Path, number: int, line: bytes) -> Entry:
    try:
        given = json.loads(line)
        seal = given.pop("hash")
        entry = Entry(**given)
    except (ValueError, KeyError, TypeError, AttributeError):
        seal, entry = "", Entry(0, 0.0, 0, "", {}, "")
    if entry.seal() != seal:
        raise JournalError(
            f"The journal {path} is broken at line {number}: that entry was changed. Keep the file, and find out who "
            "did; a new one begins once it is moved away."
        )
    return entry


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
