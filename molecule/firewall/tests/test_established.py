"""What becomes of connections when the policy changes under them."""

from __future__ import annotations

from firewall_panel import Panel
from firewall_stage import HOSTS, Model


def test_revoked_connections_are_cut_where_the_rule_says_so_and_all_others_go_on(model: Model, panel: Panel) -> None:
    for host in HOSTS:
        assert not panel.connections(host, model.ruleset(host))


def test_where_the_rule_keeps_a_revoked_connection_goes_on_and_the_harness_sees_it(model: Model, panel: Panel) -> None:
    kept = Model([rule | {"revoke": "keep"} for rule in model.given["access_policy"]])
    for host in HOSTS:
        problems = panel.connections(host, kept.ruleset(host))
        assert len([problem for problem in problems if "echoed, heard [True, True], expected False" in problem]) == 2
        assert len([problem for problem in problems if "still hears" in problem]) == 1
