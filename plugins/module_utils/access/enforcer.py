"""Talks to the kernel's packet filter on the host that it runs on, through nft(8) and systemd."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import kernel
from .nftables import FAMILY, TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .kernel import Table

# nft prints moments in local time, and finds programs only on a whole path.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
SEPARATOR = "\x1e"


class EnforcerError(RuntimeError):
    """nft or systemd refused. The message is what it said."""


@dataclass(frozen=True)
class Listing:
    """A table as the kernel has it, and the same for people to read."""

    table: Table | None
    text: str = ""


def installed() -> bool:
    """Tell whether nft is there."""
    return Path("/usr/sbin/nft").exists()


def live() -> Listing:
    """Return the access table as it is in force now.

    Raises:
        EnforcerError: nft does not tell.
    """
    if f"table {FAMILY} {TABLE}" not in _run(["nft", "list", "tables"]).splitlines():
        return Listing(None)
    return _split(_run(["sh", "-c", _LIST]))


def everything() -> str:
    """Return all tables, in JSON, as nft lists them."""
    return _run(["nft", "-j", "-s", "list", "ruleset"])


def would_be(text: str) -> Listing:
    """Return a table as the kernel would have it: it is loaded in an empty network namespace, where nobody is.

    Raises:
        EnforcerError: nft does not take it.
    """
    return _split(_run(["unshare", "--net", "sh", "-c", f"nft -f - && {_LIST}"], text))


def load(text: str) -> None:
    """Let a transaction take effect.

    Raises:
        EnforcerError: nft does not take it; nothing has changed.
    """
    _run(["nft", "-f", "-"], text)


def check(text: str) -> None:
    """Ask whether a transaction would be taken here, and change nothing.

    Raises:
        EnforcerError: It would not.
    """
    _run(["nft", "--check", "-f", "-"], text)


_LIST = f"nft -j -s list table {FAMILY} {TABLE} && printf '{SEPARATOR}' && nft -s list table {FAMILY} {TABLE}"


def _split(printed: str) -> Listing:
    as_json, _, as_text = printed.partition(SEPARATOR)
    return Listing(kernel.read(as_json), kernel.readable(as_text))


def _run(command: Sequence[str], given: str = "") -> str:
    done = subprocess.run(  # noqa: S603 - fixed programs; what varies goes in on standard input
        command, input=given, capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    if done.returncode:
        raise EnforcerError(done.stderr.strip() or f"{command[0]} ended with status {done.returncode}")
    return done.stdout


def systemctl(*arguments: str) -> str:
    """Return what systemctl printed.

    Raises:
        EnforcerError: It did not do what it was asked for.
    """
    return _run(["systemctl", *arguments])


def arm(unit: str, seconds: int, command: str) -> None:
    """Have systemd run a command in so many seconds, unless the timer of that name is stopped before.

    Raises:
        EnforcerError: It will not.
    """
    # By default systemd may be a minute late: AccuracySec in systemd.timer(5).
    timer = [f"--on-active={seconds}", "--timer-property=AccuracySec=200ms"]
    _run(["systemd-run", "--quiet", "--collect", f"--unit={unit}", *timer, *command.split()])


def disarm(unit: str) -> None:
    """Stop the timer of that name. One that has just gone off is not there any more, which is as good."""
    with contextlib.suppress(EnforcerError):
        systemctl("stop", f"{unit}.timer")
