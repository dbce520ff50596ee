"""What keeps a cluster from being upgraded is found while it serves, and told with its remedy."""

from __future__ import annotations

from typing import Any

import pytest
from postgres.upgrade import SPARE_BYTES, Image, obstacles

IMAGE = Image(version=17, versions=[15, 17], extensions=["plpgsql", "pg_trgm"], libraries=["pg_trgm", "plpgsql"])
CLUSTER: dict[str, Any] = {
    "version": 15,
    "checksums": True,
    "bytes": 1 << 30,
    "prepared": [],
    "slots": [],
    "subscriptions": [],
    "tablespaces": [],
    "closed": [],
    "roles": [],
}
DATABASE: dict[str, Any] = {
    "database": "jobfolio",
    "invalid_indexes": [],
    "columns": [],
    "extensions": ["plpgsql", "pg_trgm"],
    "libraries": ["$libdir/pg_trgm"],
    "collations": [],
}


def found(
    cluster: dict[str, Any] | None = None,
    database: dict[str, Any] | None = None,
    image: Image = IMAGE,
    free: int = 3 << 30,
) -> list[str]:
    one = DATABASE | {"cluster": CLUSTER | (cluster or {})} | (database or {})
    return obstacles([one], image, version=17, free=free, place="jobfolio-postgres")


def test_a_cluster_without_obstacles_has_none() -> None:
    assert found() == []
    assert found(free=(1 << 30) + SPARE_BYTES) == []


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        ({"checksums": False}, "has no checksums"),
        ({"bytes": 3 << 30}, "needs 4096; enlarge it"),
        ({"prepared": ["p1"]}, "Prepared transactions wait for their end: p1"),
        ({"slots": ["s1"]}, "slots would be lost: s1"),
        ({"subscriptions": ["s1"]}, "Subscriptions would lose their place: s1"),
        ({"tablespaces": ["fast"]}, "outside of jobfolio-postgres: fast"),
        ({"closed": ["shut"]}, "let nobody in, so that they cannot be upgraded: shut"),
        ({"roles": ["pg_mine"]}, "reserved for PostgreSQL: pg_mine"),
        ({"version": 18}, "is one of PostgreSQL 18 already"),
        ({"version": 16}, "build it again with -e postgres_upgrades_from=16"),
    ],
)
def test_what_is_wrong_with_the_cluster_is_told(cluster: dict[str, Any], said: str) -> None:
    (problem,) = found(cluster=cluster)
    assert said in problem


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ({"invalid_indexes": ["i"]}, "Indexes of jobfolio are invalid: i"),
        ({"columns": ["t.c (regproc)"]}, "types that an upgrade cannot carry over: t.c (regproc)"),
        ({"extensions": ["plpgsql", "postgis"]}, "lacks extensions of jobfolio: postgis"),
        ({"libraries": ["$libdir/postgis-3.so"]}, "call libraries that the release's image lacks: postgis-3"),
        ({"collations": ["mine"]}, "sorted otherwise than when its indexes were made: mine; REINDEX DATABASE jobfolio"),
        ({"invalid_indexes": list("abcdefg")}, "a, b, c, d, e and 2 more"),
    ],
)
def test_what_is_wrong_with_a_database_is_told(database: dict[str, Any], said: str) -> None:
    (problem,) = found(database=database)
    assert said in problem


def test_an_image_of_another_version_than_its_release_says_is_refused() -> None:
    (problem,) = found(
        image=Image(version=16, versions=[15, 16], extensions=IMAGE.extensions, libraries=IMAGE.libraries)
    )
    assert "built for PostgreSQL 17, and its image has 16" in problem
