"""The fleet under test."""

import pytest
from fleet import Fleet


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    """The fleet that the environment names, deployed already."""
    return Fleet()
