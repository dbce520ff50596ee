"""Takes a ruleset into use so that a mistake ends by itself: whoever cannot confirm it gets the former one back.

The rollback is a systemd timer of the host's own. It needs no controller, no network and no Python.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .enforcer import EnforcerError, arm, check, disarm, load

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOT_UNIT = "access-firewall.service"
ROLLBACK = "access-firewall-rollback"
# In role firewall's templates.
LOADER = "/usr/local/sbin/access-firewall"
# Each of them would put rules of its own in the way at its start; Debian's nftables flushes even Docker's.
RIVALS = ("nftables.service", "ufw.service", "firewalld.service")
# Seconds after which a ruleset that still waits has been forgotten.
GRACE = 5
RUNTIME = Path("/run/access-firewall")
TOO_LATE = (
    "the confirmation came too late: this host has returned to its former ruleset. If no new connection got in under "
    "the new one, that was right; if the controller was slow, raise firewall_rollback_seconds."
)


class CommitError(RuntimeError):
    """It cannot be done now. The message is one sentence for the operator."""


@dataclass(frozen=True)
class Pending:
    """A ruleset that is in force and waits for its confirmation until `deadline` (seconds since the epoch)."""

    connection: str
    deadline: float


def confirmed_file(directory: str) -> Path:
    """Return the file that is loaded at boot."""
    return Path(directory) / "confirmed.nft"


def boot_differs(directory: str, text: str) -> bool:
    """Tell whether another ruleset than this would be loaded at boot."""
    boot = confirmed_file(directory)
    return not boot.exists() or boot.read_text(encoding="utf-8") != text


def pending() -> Pending | None:
    """Return what waits for confirmation."""
    try:
        return Pending(**json.loads((RUNTIME / "pending").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def apply(transaction: str, text: str, connection: str, seconds: int) -> None:
    """Load a transaction that leads to the table `text`, with its rollback armed before.

    Raises:
        CommitError: Another ruleset waits for its confirmation, or the timer cannot be armed. Nothing has changed.
        EnforcerError: nft does not take it. Nothing has changed.
    """
    check(transaction)
    with alone():
        refuse_while_pending()
        _arm_and_load(transaction, text, connection, seconds)


def refuse_while_pending() -> None:
    """Stop where another run's ruleset is in force that nobody has confirmed yet.

    One whose time is long over was left behind by a run that died, and stands in nobody's way.

    Raises:
        CommitError: There is one.
    """
    waiting = pending()
    if waiting and time.time() < waiting.deadline + GRACE:
        raise CommitError(
            "another run's ruleset is in force and waits for its confirmation; it goes by itself in "
            f"{max(0, waiting.deadline - time.time()):.0f} s. Wait, and run this again."
        )


@contextmanager
def alone() -> Iterator[None]:
    """Keep others out, the rollback as well: it takes the same lock. Whoever dies lets go of it."""
    RUNTIME.mkdir(mode=0o700, exist_ok=True)
    with open(RUNTIME / "lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _arm_and_load(transaction: str, text: str, connection: str, seconds: int) -> None:
    write(RUNTIME / "candidate.nft", text)
    write(RUNTIME / "pending", json.dumps({"connection": connection, "deadline": time.time() + seconds}))
    try:
        arm(ROLLBACK, seconds, f"{LOADER} rollback")
    except EnforcerError as error:
        (RUNTIME / "pending").unlink()
        raise CommitError(f"systemd does not arm the way back, so nothing was loaded: {error}.") from error
    try:
        load(transaction)
    except EnforcerError:
        disarm(ROLLBACK)
        (RUNTIME / "pending").unlink()
        raise


def confirm(directory: str, connection: str) -> None:
    """Make the ruleset that waits the one that stays, and that is loaded at boot.

    Raises:
        CommitError: None waits any more, or this is the connection over which it was applied, which proves nothing: it
            lives on behind a ruleset that lets no new one in.
    """
    waiting = pending()
    if waiting is None:
        raise CommitError(TOO_LATE)
    if connection and connection == waiting.connection:
        raise CommitError(
            "this is the connection over which the ruleset was applied, so it cannot show that a new one gets in; "
            "confirm over another (ssh -o ControlPath=none)."
        )
    with alone():
        if pending() is None:
            raise CommitError(TOO_LATE)
        (RUNTIME / "candidate.nft").replace(RUNTIME / "confirmed.nft")
        write(confirmed_file(directory), (RUNTIME / "confirmed.nft").read_text(encoding="utf-8"))
        (RUNTIME / "pending").unlink()
    # Should it end just now, the rollback finds that nothing waits.
    disarm(ROLLBACK)


def write(path: Path, text: str) -> None:
    """Write a file whole, for root alone, and onto the disk: a power cut leaves the old one or the new one."""
    part = path.with_name(f".{path.name}.part")
    with open(part, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
