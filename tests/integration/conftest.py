"""The fleet under test, and what people send to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import releases
import traffic
from fleet import Fleet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from traffic import Visit


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    """The fleet that the environment names, deployed already."""
    return Fleet()


@pytest.fixture
def visit(fleet: Fleet) -> Visit:
    """What a signed-in person's browser sends; another person's in each test, since one may keep 10,000 postings."""
    return traffic.visit(fleet)


@pytest.fixture(scope="module")
def next_release(fleet: Fleet) -> Iterator[None]:
    """Make release 1.1.0; leave the fleet on the first one, with the schema that it came with."""
    releases.make(fleet, "1.1.0", pages=True)
    yield
    run = fleet.playbook("deploy")
    assert run.status == 0, run.output
    releases.downgrade(fleet)
    for path in (fleet.state / "releases").glob("1.1.*.yml"):
        path.unlink()
