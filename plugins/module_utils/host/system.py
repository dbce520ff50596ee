"""Parsers of what Linux and Debian say about themselves. They take text, not paths."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

# Debian's names of the machines that it and its Docker package are made for.
DEBIAN_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def parse_os_release(text: str) -> dict[str, str]:
    """Return the assignments of /etc/os-release (os-release(5): shell quoting, no expansion)."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            values[name] = "".join(shlex.split(value))
    return values


def parse_meminfo(text: str) -> dict[str, int]:
    """Return the fields of /proc/meminfo in bytes."""
    sizes: dict[str, int] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        words = value.split()
        if words:
            sizes[name] = int(words[0]) * (1024 if words[1:] == ["kB"] else 1)
    return sizes


def parse_dpkg_status(text: str, wanted: Collection[str]) -> dict[str, str]:
    """Return the versions of those of the wanted packages that are fully installed, held or not."""
    versions: dict[str, str] = {}
    for stanza in text.split("\n\n"):
        name = stanza[len("Package: ") :].partition("\n")[0]
        if name not in wanted or not stanza.startswith("Package: "):
            continue
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Status", "").endswith(" ok installed"):
            versions[name] = fields["Version"]
    return versions


def parse_units(text: str) -> dict[str, dict[str, str | bool]]:
    """Return what `systemctl show --property Id,LoadState,ActiveState,UnitFileState` says, by unit."""
    units: dict[str, dict[str, str | bool]] = {}
    for stanza in text.strip().split("\n\n"):
        fields = dict(line.split("=", 1) for line in stanza.splitlines() if "=" in line)
        if "Id" in fields:
            units[fields["Id"]] = {
                "exists": fields["LoadState"] not in ("not-found", "masked"),
                "masked": fields["LoadState"] == "masked",
                "active": fields["ActiveState"] == "active",
                "state": fields["ActiveState"],
                "enabled": fields.get("UnitFileState", ""),
            }
    return units


def parse_routes(text: str) -> list[str]:
    """Return the interfaces of the default routes in /proc/net/route, which prints addresses in hexadecimal."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return sorted({row[0] for row in rows if row[1] == row[7] == "00000000"})


def sysctl_path(name: str) -> str:
    """Return where a sysctl lies: dots part directories, a slash is a dot in a name (sysctl.d(5))."""
    return "/proc/sys/" + name.translate(str.maketrans("./", "/."))
