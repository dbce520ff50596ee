"""Who reaches what on the deployed fleet: what the access policy says, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
from access.model import Policy
from access.policy import parse
from access.verdict import allows
from fleet import ANSIBLE, ROOT, Fleet
from packets import CONTROLLER, FLEET, Account, Breach, Knock, Lookout, Machine, Port, docker, knocks, start_guest


@pytest.fixture(scope="module")
def machines(fleet: Fleet) -> dict[str, Machine]:
    """The hosts of the fleet."""
    return {host: Machine(host, int(fleet.address(host).rpartition(".")[2])) for host in fleet.hosts()}


@pytest.fixture(scope="module")
def policy(fleet: Fleet) -> Policy:
    """The policy of group_vars, as the roles get it."""
    command = ["ansible", "--inventory", str(fleet.inventory), "--module-name=debug", "--args=var=access_model"]
    environment = os.environ | ANSIBLE | {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
    run = subprocess.run(
        [*command, fleet.hosts("db")[0]], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    model: dict[str, Any] = json.loads(run.stdout.partition("=>")[2])["access_model"]
    return parse(
        model["policy"],
        model["sources"],
        model["hosts"],
        time.time(),
        endpoint=model["db_endpoint"],
        database_port=int(model["database_port"]),
    )


@pytest.fixture(scope="module")
def lookout() -> Iterator[Lookout]:
    """The probers."""
    everywhere = Lookout()
    yield everywhere
    everywhere.close()


@pytest.fixture(scope="module")
def clients(machines: dict[str, Machine]) -> Iterator[list[Machine]]:
    """The controller, every host, and somebody whom the policy does not know."""
    stranger = start_guest("stranger", 200)
    yield [CONTROLLER, *machines.values(), stranger]
    docker("rm", "--force", stranger.container)


def listening(host: Machine) -> list[Port]:
    """Every TCP port that listens on a host; those that listen for the host alone do not answer to others."""
    seen: dict[int, set[str]] = {}
    for line in host.run("ss --no-header --listening --tcp --numeric").splitlines():
        address, _, port = line.split()[3].rpartition(":")
        seen.setdefault(int(port), set()).add(address)
    return [Port("tcp", port, answers="*" in seen[port] or {"0.0.0.0", "[::]"} <= seen[port]) for port in sorted(seen)]


def test_every_listening_port_answers_exactly_those_whom_the_policy_names(
    policy: Policy, machines: dict[str, Machine], clients: list[Machine], lookout: Lookout
) -> None:
    def named(knock: Knock) -> bool:
        return allows(policy, knock.host.name, knock.source, knock.port.protocol, knock.port.number, time.time())

    asked = [knock for host in machines.values() for knock in knocks(clients, [host], listening(host))]
    verdicts = [named(knock) for knock in asked]
    print(f"{len(asked)} cells, {sum(verdicts)} of them open")
    assert {22, 443, 5432, 5000, 8432} <= {knock.port.number for knock in asked}
    # Both verdicts occur, so that neither "all open" nor "all shut" would pass.
    assert set(verdicts) == {True, False}
    assert not lookout.differences(asked, named)


def test_nobody_unknown_has_got_in_since_before_the_first_deployment(
    policy: Policy, machines: dict[str, Machine]
) -> None:
    watcher = Machine("watcher", 201)
    if not docker("ps", "--quiet", f"--filter=name=^{watcher.container}$"):
        pytest.skip(f"nobody watches the fleet {FLEET}: molecule/default/watch.yml comes before the first deployment")
    by_address = {machine.address(family): machine.name for machine in machines.values() for family in (4, 6)}
    account = Account.of(watcher.container)
    # Tests that come later open hosts on purpose, to see it found.
    docker("rm", "--force", watcher.container)
    welcome: list[Breach] = []
    breaches: list[Breach] = []
    for breach in account.breaches:
        address, protocol, port = breach.cell
        source = watcher.address(6 if ":" in address else 4)
        named = allows(policy, by_address[address], source, protocol, port, breach.time)
        (welcome if named else breaches).append(breach)
    print(f"{account.attempts} attempts, {len(welcome)} at what is open to anyone, {len(breaches)} breaches")
    assert account.attempts > 1000
    # It would have noticed: what is open to anyone, it did reach.
    assert welcome
    assert not breaches
