"""The hosts under test."""

import pytest
from fleet import Fleet


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    """Two bare hosts that got roles base and docker."""
    return Fleet()
