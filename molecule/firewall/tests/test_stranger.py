"""Whoever the policy does not name never gets in, whatever is done to a host meanwhile."""

from __future__ import annotations

import os
import random

import pytest
from firewall_panel import Panel
from firewall_stage import (
    HOSTS,
    POLICY,
    PORTS,
    SOURCES,
    Model,
    change,
    closed_to,
    replace_container,
    restart,
    wait_for_listeners,
)
from packets import FAMILIES, Machine, Stranger, poll
from probe import Cell

CHANGES = int(os.environ.get("FIREWALL_CHANGES", "10"))
SEED = int(os.environ.get("FIREWALL_SEED", "4"))


@pytest.fixture(scope="module")
def closed(outsider: Machine) -> list[Cell]:
    """What a stranger may not reach, though somebody would answer."""
    return closed_to(outsider, Model())


def some_policy(chance: random.Random) -> Model:
    """A policy that always lets developers reach the database and the hosts' own ports, and never the stranger."""
    rules = [rule for rule in POLICY if rule["name"] in {"postgres", "own"} or chance.random() < 0.7]
    for number in range(chance.randrange(3)):
        sources = chance.sample(["operators", "edge", "db", "visitors", "guests"], chance.randint(1, 3))
        port = chance.choice([port.number for port in PORTS])
        rules.append({"name": f"more{number}", "to": ["all"], "proto": "tcp", "port": port, "from": sources})
    guests = [f"203.0.113.{chance.randrange(256)}/32" for _ in range(chance.randint(1, 20))]
    return Model(rules, SOURCES | {"guests": guests})


@pytest.mark.usefixtures("model")
def test_a_stranger_never_gets_in_and_allowed_clients_lose_nothing_while_the_policy_changes_again_and_again(
    panel: Panel, clients: dict[str, Machine], outsider: Machine, closed: list[Cell]
) -> None:
    chance = random.Random(SEED)  # noqa: S311  no secret
    developer = panel.lookout.prober(clients["developer"])
    open_cells: list[Cell] = [(host.address(family), "tcp", 9100) for host in HOSTS for family in FAMILIES]
    assert all(developer.hold(open_cells))
    with (
        Stranger(outsider, closed, rate=200) as stranger,
        Stranger(clients["developer"], open_cells, rate=40) as allowed,
    ):
        for _ in range(CHANGES):
            wanted = some_policy(chance)
            for host in HOSTS:
                change(host, wanted.ruleset(host))
            assert all(developer.ping())
            stranger.more(len(closed))
    developer.drop()
    print(f"{CHANGES} changes, {stranger.attempts} attempts; allowed: {len(allowed.breaches)} of {allowed.attempts}")
    assert not stranger.breaches
    assert len(allowed.breaches) == allowed.attempts


def test_a_stranger_does_get_in_where_the_table_is_deleted_and_then_loaded(
    model: Model, clients: dict[str, Machine], closed: list[Cell]
) -> None:
    host = HOSTS[0]
    text = model.ruleset(host)
    # Not from the address of which the other tests say that it never gets in: its datagrams would live on.
    with Stranger(clients["stranger"], closed, rate=400) as stranger:

        def got_in() -> bool:
            host.run("nft delete table inet access && nft -f -", stdin=text)
            return bool(stranger.breaches)

        poll("a stranger who gets in between delete and load", got_in)


@pytest.mark.usefixtures("model")
def test_a_stranger_never_gets_in_while_docker_restarts(outsider: Machine, closed: list[Cell]) -> None:
    with Stranger(outsider, closed) as stranger:
        for host in HOSTS:
            host.run("systemctl restart docker", seconds=120)
            wait_for_listeners(host)
        stranger.more(2 * len(closed))
    assert not stranger.breaches


@pytest.mark.usefixtures("model")
def test_a_stranger_never_gets_in_while_containers_are_replaced(outsider: Machine, closed: list[Cell]) -> None:
    with Stranger(outsider, closed) as stranger:
        for host in HOSTS:
            replace_container(host, "front")
            replace_container(host, "plain")
            wait_for_listeners(host)
        stranger.more(2 * len(closed))
    assert not stranger.breaches


@pytest.mark.usefixtures("model")
def test_a_stranger_never_gets_in_while_a_host_restarts(outsider: Machine, closed: list[Cell]) -> None:
    for host in HOSTS:
        assert "chain service" in host.run("cat /etc/jobfolio/firewall/confirmed.nft")
    with Stranger(outsider, closed) as stranger:
        for host in HOSTS:
            restart(host)
        stranger.more(2 * len(closed))
    assert not stranger.breaches
