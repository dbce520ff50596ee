"""What keeps a cluster from being brought to a later major version of PostgreSQL: decisions only.

PostgreSQL's own pg_upgrade finds some of it, once the cluster is stopped; here it is found while people work. Sources:
PostgreSQL documentation, pg_upgrade, and src/bin/pg_upgrade/check.c of version 17.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# What the new cluster takes beside its tables: its log, and what pg_upgrade dumps.
SPARE_BYTES = 1 << 30


@dataclass(frozen=True)
class Image:
    """What the new image has in it."""

    version: int
    """The major version that it runs."""
    versions: Sequence[int]
    """Those whose programs are in it."""
    extensions: Sequence[str]
    libraries: Sequence[str]
    """Names of shared libraries, without their suffix."""


def obstacles(
    databases: Sequence[Mapping[str, Any]], image: Image, *, version: int, free: int, place: str
) -> list[str]:
    """Return what keeps from the upgrade, a sentence each with its remedy.

    Args:
        databases: What roles/postgres_upgrade/files/look.sql found in each.
        image: What the new image has.
        version: The major version that is asked for.
        free: Free bytes where the cluster is.
        place: Its volume or folder.
    """
    cluster = databases[0]["cluster"]
    found = [*_image(cluster, image, version), *_cluster(cluster, free, place)]
    for database in databases:
        found += _database(database, image)
    return found


def _image(cluster: Mapping[str, Any], image: Image, version: int) -> Iterator[str]:
    held = cluster["version"]
    if image.version != version:
        yield (
            f"The release says that it was built for PostgreSQL {version}, and its image has {image.version}: build "
            "it again (playbooks/build.yml)."
        )
    elif held > version:
        yield f"The cluster is one of PostgreSQL {held} already, and there is no way down to {version}."
    elif held not in image.versions:
        yield (
            f"The release's image has no PostgreSQL {held} in it, which reads the cluster that is there: build it "
            f"again with -e postgres_upgrades_from={held} (playbooks/build.yml)."
        )


def _cluster(cluster: Mapping[str, Any], free: int, place: str) -> Iterator[str]:
    if not cluster["checksums"]:
        yield (
            "The cluster has no checksums, without which nobody knows whether what is copied is whole: stop "
            f"PostgreSQL and run pg_checksums --enable on {place}."
        )
    needed = cluster["bytes"] + SPARE_BYTES
    if free < needed:
        yield (
            f"The disk of {place} has {free >> 20} MiB free, and the upgraded cluster beside the present one needs "
            f"{needed >> 20}; enlarge it, or remove what was set aside."
        )
    if cluster["prepared"]:
        yield (
            f"Prepared transactions wait for their end: {_list(cluster['prepared'])}; COMMIT PREPARED or ROLLBACK "
            "PREPARED each."
        )
    if cluster["slots"]:
        yield (
            f"Logical replication slots would be lost: {_list(cluster['slots'])}; let their readers catch up, and "
            "drop them with pg_drop_replication_slot."
        )
    if cluster["subscriptions"]:
        yield f"Subscriptions would lose their place: {_list(cluster['subscriptions'])}; drop them."
    if cluster["tablespaces"]:
        yield (
            f"Tablespaces lie outside of {place}: {_list(cluster['tablespaces'])}; move what is in them (ALTER TABLE "
            "... SET TABLESPACE pg_default), and drop them."
        )
    if cluster["closed"]:
        yield (
            f"Databases let nobody in, so that they cannot be upgraded: {_list(cluster['closed'])}; drop them, or "
            "ALTER DATABASE ... ALLOW_CONNECTIONS true."
        )
    if cluster["roles"]:
        yield (
            f"Names of roles are reserved for PostgreSQL: {_list(cluster['roles'])}; rename them (ALTER ROLE ... "
            "RENAME TO)."
        )


def _database(database: Mapping[str, Any], image: Image) -> Iterator[str]:
    name = database["database"]
    if database["invalid_indexes"]:
        yield (
            f"Indexes of {name} are invalid: {_list(database['invalid_indexes'])}; drop them, or make them anew "
            "(REINDEX INDEX CONCURRENTLY)."
        )
    if database["columns"]:
        yield (
            f"Columns of {name} are of types that an upgrade cannot carry over: {_list(database['columns'])}; drop "
            "them, or change them to text (ALTER TABLE ... ALTER COLUMN ... TYPE text)."
        )
    if missing := sorted(set(database["extensions"]) - set(image.extensions)):
        yield (
            f"The release's image lacks extensions of {name}: {_list(missing)}; drop them (DROP EXTENSION), or add "
            "their packages to images/postgres/Dockerfile."
        )
    libraries = {PurePosixPath(one).name.removesuffix(".so") for one in database["libraries"]}
    if missing := sorted(libraries - set(image.libraries)):
        yield (
            f"Functions of {name} call libraries that the release's image lacks: {_list(missing)}; drop them, or add "
            "the libraries to images/postgres/Dockerfile."
        )
    if database["collations"]:
        yield (
            f"Text of {name} is sorted otherwise than when its indexes were made: {_list(database['collations'])}; "
            f"REINDEX DATABASE {name}, and ALTER ... REFRESH VERSION of each."
        )


def _list(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
