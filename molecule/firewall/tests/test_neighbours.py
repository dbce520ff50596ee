"""What lies behind a host (its containers, their gateways, its loopback) is out of its neighbours' reach."""

from __future__ import annotations

from firewall_panel import INNER_CELLS, Panel
from firewall_stage import HOSTS, Model
from packets import Machine
from probe import ANSWERED


def test_a_neighbour_reaches_nothing_behind_a_host_whether_it_may_reach_a_port_of_it_or_not(
    model: Model, panel: Panel
) -> None:
    for host in HOSTS:
        assert not panel.neighbours(host, model)


def test_without_a_ruleset_a_neighbour_reaches_gateways_containers_and_loopback(
    model: Model, panel: Panel, clients: dict[str, Machine]
) -> None:
    del model
    for host in HOSTS:
        host.run("nft delete table inet access; iptables -P FORWARD ACCEPT")
        try:
            outcomes = panel.lookout.prober(clients["stranger"]).frames(host, INNER_CELLS)
        finally:
            host.run("iptables -P FORWARD DROP")
        reached = {cell for cell, outcome in zip(INNER_CELLS, outcomes, strict=True) if outcome == ANSWERED}
        print(host.name, sorted(reached))
        assert {("172.30.0.1", "tcp", 22), ("127.0.0.1", "tcp", 9000), ("127.0.0.1", "udp", 9001)} <= reached
        assert {cell for cell in reached if cell[1:] in {("tcp", 6000), ("tcp", 5900)} and cell[0] != "127.0.0.1"}


def test_a_container_reaches_of_its_own_host_only_what_the_host_itself_may(model: Model, panel: Panel) -> None:
    for host in HOSTS:
        assert not panel.containers(host, model)
