"""The two hosts of this scenario."""

from __future__ import annotations

import pytest
from fleet import Fleet


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    """The fleet that the environment names: of its hosts there are the database's and the build host."""
    return Fleet()


@pytest.fixture(scope="module")
def db(fleet: Fleet) -> str:
    """Name of the database's host."""
    return fleet.hosts("db")[0]
