"""The fleet under test, and what people send to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import traffic
from fleet import Fleet

if TYPE_CHECKING:
    from traffic import Visit


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    """The fleet that the environment names, deployed already."""
    return Fleet()


@pytest.fixture(scope="module")
def visit(fleet: Fleet) -> Visit:
    """What a signed-in person's browser sends."""
    return traffic.visit(fleet)
