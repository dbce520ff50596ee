"""What keeps a ruleset from being there after a restart, or from staying: files, units, a change that waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .commit import BOOT_UNIT, RIVALS
from .finding import KERNEL, Finding
from .nftables import FAMILY, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Boot:
    """What a host has for its next start.

    Args:
        files: Paths that are not as they should be.
        other_ruleset: Another ruleset than the policy's would be loaded.
        directory: Of the confirmed ruleset.
        units: The state of systemd's units, by name: ``enabled`` and ``masked``.
        waits: Seconds for which a ruleset still waits for its confirmation, if one does.
    """

    files: list[str]
    other_ruleset: bool
    directory: str
    units: Mapping[str, Mapping[str, str | bool]]
    waits: float | None = None


def boot_findings(host: str, boot: Boot) -> Iterator[Finding]:
    """Return what of it is not as it should be."""
    if boot.other_ruleset:
        path = f"{boot.directory}/confirmed.nft"
        yield Finding(
            KERNEL,
            host,
            "boot file differs",
            path,
            "The ruleset that is loaded at boot is the policy's.",
            "It is another, damaged, or not there.",
        )
    for path in boot.files:
        yield Finding(
            KERNEL,
            host,
            "file differs",
            path,
            "It is as the role writes it, and root's alone to change.",
            "Its content, mode or owner is another, or it is not there.",
        )
    if boot.units.get(BOOT_UNIT, {}).get("enabled") != "enabled":
        state = boot.units.get(BOOT_UNIT, {}).get("enabled") or "not there"
        yield Finding(
            KERNEL, host, "boot unit not enabled", BOOT_UNIT, "It loads the ruleset at boot.", f"It is {state}."
        )
    for unit in RIVALS:
        if not boot.units.get(unit, {}).get("masked"):
            yield Finding(
                KERNEL,
                host,
                "rival not masked",
                unit,
                "It is masked, since it would put rules of its own in the way when it starts.",
                "It is not masked.",
            )
    if boot.waits is not None:
        yield Finding(
            KERNEL,
            host,
            "confirmation pending",
            f"table {FAMILY} {TABLE}",
            "The ruleset in force has been confirmed.",
            f"It waits for its confirmation, {max(0, boot.waits):.0f} s from now at most.",
            "Wait: it is confirmed, or the host returns to its former one by itself. Then run this again.",
            "",
        )


def nft_missing(host: str) -> Finding:
    """Return the finding on a host that has no nftables."""
    return Finding(
        KERNEL,
        host,
        "nftables missing",
        "nft",
        "nftables is installed.",
        "There is no /usr/sbin/nft: the host filters nothing by itself.",
        "Run playbooks/deploy.yml (build.yml for the build host), which installs it and loads the ruleset.",
        "deploy.yml",
    )


def refused(host: str, said: str) -> Finding:
    """Return the finding on a host whose nft does not take the policy's ruleset."""
    return Finding(
        KERNEL,
        host,
        "ruleset refused",
        f"table {FAMILY} {TABLE}",
        "nft on this host takes the ruleset that the policy makes.",
        f"It does not: {said}.",
        "Bring nftables on the host up to date: apt-get install nftables.",
        "",
    )
