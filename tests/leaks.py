"""The secrets of a fleet, and whether one shows where it should not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet import Fleet


def secrets_of(fleet: Fleet) -> dict[str, str]:
    """The real secrets of a fleet, by name."""
    found = {path.name: path.read_text().split()[0] for path in (fleet.state / "secrets").iterdir() if path.is_file()}
    for key in (fleet.state / "tls").glob("*.key"):
        # A line from the middle of the key: enough to recognise it.
        found[key.name] = key.read_text().splitlines()[2]
    assert len(found) >= 6, found.keys()
    return found


def leaked(secrets: Mapping[str, str], text: str) -> list[str]:
    """The names of the secrets that a text shows."""
    return sorted(name for name, value in secrets.items() if value in text)
