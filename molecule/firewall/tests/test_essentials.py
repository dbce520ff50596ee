"""What addresses need to be reached at all, and to be told of trouble on the way."""

from __future__ import annotations

from dataclasses import replace

from firewall_panel import Panel
from firewall_stage import HOSTS, Model, load


def test_much_data_passes_a_link_whose_mtu_only_icmp_tells_of(model: Model, panel: Panel) -> None:
    for host in HOSTS:
        assert not panel.road(host, model)


def test_where_icmp_is_dropped_much_data_stalls_on_that_link(model: Model, panel: Panel) -> None:
    for host in HOSTS:
        text = model.ruleset(host).replace("established,related accept", "established accept")
        load(host, text.replace("type { destination-unreachable,", "type {").replace("packet-too-big,", ""))
        assert len(replace(panel, patience=1.0).road(host, model)) == 4


def test_a_host_is_found_by_its_neighbours_and_answers_to_echo_requests_of_anyone(model: Model, panel: Panel) -> None:
    for host in HOSTS:
        assert not panel.cells(host, model)
        assert not panel.essentials(host, model)
