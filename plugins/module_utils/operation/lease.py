"""Who works on the fleet: one at a time, until a moment that is put off as long as the work goes on.

Times are those of the db host's clock alone, so that no two clocks have to agree. Every lease has a number of its own,
greater than all before it (a fencing number): whoever was thought dead and wakes up again finds that his is not the
last.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import folder

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


class LeaseError(Exception):
    """The lease is another's. The message is one sentence for the operator."""


@dataclass(frozen=True)
class Lease:
    """Who works on the fleet (``owner``), what for (``purpose``), since and until when (seconds since the epoch).

    ``process`` tells the owner's own controller whether the run still lives; it is empty where that cannot be told.
    """

    number: int
    owner: str
    purpose: str
    taken: float
    expires: float
    released: bool = False
    process: str = ""

    def held(self, now: float) -> bool:
        """Tell whether its holder still counts on it."""
        return not self.released and now < self.expires

    def __str__(self) -> str:
        since, until = (datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC") for at in (self.taken, self.expires))
        return f"{self.owner} ({self.purpose}, since {since}, until {until} unless it goes on)"


NOBODY = Lease(0, "", "", 0.0, 0.0, released=True)


def look(path: Path) -> Lease:
    """Return the last lease, held or not; number 0 where there was none."""
    try:
        return Lease(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return NOBODY


@dataclass(frozen=True)
class Taker:
    """Who wants the lease.

    ``process`` is the run that wants it and ``alive`` all those that run on its controller. ``over`` says that the
    owner knows that his run was killed; should it live after all, it stops at its next step.
    """

    owner: str
    purpose: str
    process: str = ""
    alive: Collection[str] = ()
    over: bool = False

    def may_take_over(self, last: Lease) -> bool:
        """Tell whether a lease that is held is one's own, and its run is dead."""
        return last.owner == self.owner and last.process not in self.alive and (self.over or bool(last.process))


def take(path: Path, taker: Taker, seconds: float, now: float, *, dry: bool = False) -> tuple[Lease, Lease | None]:
    """Take the lease; return it, and the one whose holder never released it, if so.

    The folder's lock is held by the caller. `dry` writes nothing, here and below.

    Raises:
        LeaseError: Somebody else holds it.
    """
    last = look(path)
    if last.held(now) and not taker.may_take_over(last):
        raise LeaseError(
            f"{last} works on this fleet. Wait until that is done; if it was killed, its lease ends by itself at the "
            "latest then."
        )
    lease = Lease(last.number + 1, taker.owner, taker.purpose, now, now + seconds, process=taker.process)
    if not dry:
        _write(path, lease)
    return lease, None if last.released else last


def renew(path: Path, number: int, seconds: float, now: float, *, dry: bool = False) -> Lease:
    """Put off the end of a lease. One that has expired, and that nobody took since, is still its holder's.

    Raises:
        LeaseError: Somebody has taken it since, or it was released.
    """
    lease = replace(_own(path, number), expires=now + seconds)
    if not dry:
        _write(path, lease)
    return lease


def release(path: Path, number: int, *, dry: bool = False) -> Lease:
    """Give the lease back.

    Raises:
        LeaseError: Somebody has taken it since, or it was released already.
    """
    lease = replace(_own(path, number), released=True)
    if not dry:
        _write(path, lease)
    return lease


def _own(path: Path, number: int) -> Lease:
    last = look(path)
    if last.number != number:
        raise LeaseError(
            f"Lease {number} is over: {last} has taken over since. This step changed nothing; see what became of it "
            "before you go on."
        )
    if last.released:
        raise LeaseError(f"Lease {number} was released already; run the playbook from its beginning.")
    return last


def _write(path: Path, lease: Lease) -> None:
    folder.replace(path, json.dumps(asdict(lease), sort_keys=True) + "\n")
