"""Which Postgres cluster lies in a directory, told without starting it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# A volume holds the data directory itself, or one that its image makes below it (such as pgdata or 18/docker).
# The shallowest comes first: a cluster has a PG_VERSION of its own in each of its databases.
PLACES = ("PG_VERSION", "*/PG_VERSION", "*/*/PG_VERSION")

NO_CLUSTER: dict[str, Any] = {
    "exists": False,
    "cluster": False,
    "version": "",
    "system_identifier": "",
    "data_directory": "",
}


def parse_system_identifier(control: bytes) -> str:
    """Return the cluster's identifier: the first field of global/pg_control (src/include/catalog/pg_control.h).

    It is an unsigned 64-bit integer in the byte order of the machine that wrote it, which for every architecture
    that we support is little endian. As text, for it does not fit a JSON number in every reader.
    """
    return str(struct.unpack_from("<Q", control)[0])


def read_cluster(volume: Path) -> dict[str, Any]:
    """Return what lies in a volume: whether it is there, holds a cluster, and which.

    Raises PermissionError where we may not look.
    """
    if not volume.is_dir():
        return NO_CLUSTER
    found = next((path for place in PLACES for path in sorted(volume.glob(place))), None)
    if found is None:
        return {**NO_CLUSTER, "exists": True}
    with (found.parent / "global/pg_control").open("rb") as control:
        identifier = parse_system_identifier(control.read(8))
    return {
        "exists": True,
        "cluster": True,
        "version": found.read_text().strip(),
        "system_identifier": identifier,
        "data_directory": str(found.parent),
    }
