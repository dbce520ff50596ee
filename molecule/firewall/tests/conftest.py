"""Two hosts with every kind of listener, and clients beside them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from firewall_panel import Panel
from firewall_stage import EDGE1, HOSTS, PORTS, Model, load, set_up
from packets import CONTROLLER, PROBE, Knock, Lookout, Machine, knocks, start_guest, start_road


@pytest.fixture(scope="session", autouse=True)
def hosts() -> tuple[Machine, ...]:
    """The hosts, with their listeners."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(set_up, HOSTS))
    return HOSTS


@pytest.fixture(scope="session")
def clients(hosts: tuple[Machine, ...]) -> dict[str, Machine]:
    """Who knocks: clients in and out of the policy, and the hosts among themselves."""
    guests = {EDGE1.name: EDGE1.number, "operator": 21, "developer": 22, "stranger": 66}
    started = [start_guest(name, number) for name, number in guests.items()]
    # Where hosts and their containers knock at, on a port that a rule of theirs cuts.
    started[0].run("cat >/run/probe.py; python3 /run/probe.py listen tcp/8443 >/dev/null 2>&1 &", stdin=PROBE)
    return {machine.name: machine for machine in (CONTROLLER, *started, *hosts)}


@pytest.fixture(scope="session")
def outsider() -> Machine:
    """Who floods closed ports: no policy ever lets it in.

    An address that one let in lives on in the hosts' connection tracking for two minutes, and so would its datagrams.
    """
    return start_guest("outsider", 67)


@pytest.fixture(scope="session")
def lookout() -> Iterator[Lookout]:
    """The probers."""
    everywhere = Lookout()
    yield everywhere
    everywhere.close()


@pytest.fixture(scope="session")
def matrix(clients: dict[str, Machine]) -> list[Knock]:
    """Every client, host, port and family."""
    return knocks(clients.values(), HOSTS, PORTS)


@pytest.fixture(scope="session")
def far(hosts: tuple[Machine, ...]) -> Machine:
    """A machine behind a router, over a link with the smallest MTU that IPv6 knows."""
    return start_road(30, 250, 1280, hosts)


@pytest.fixture(scope="session")
def panel(clients: dict[str, Machine], far: Machine, matrix: list[Knock], lookout: Lookout) -> Panel:
    """All that can be seen of a ruleset."""
    return Panel(lookout, clients, far, matrix)


@pytest.fixture
def model() -> Iterator[Model]:
    """The scenario's own policy, in force on both hosts, and again afterwards."""
    wanted = Model()
    for host in HOSTS:
        load(host, wanted.ruleset(host))
    yield wanted
    for host in HOSTS:
        load(host, wanted.ruleset(host))
