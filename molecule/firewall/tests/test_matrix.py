"""Every client, host, port and family: what gets through is what the model says."""

from __future__ import annotations

from firewall_stage import HOSTS, Model
from packets import Knock, Lookout


def test_what_gets_through_is_what_the_model_says(model: Model, matrix: list[Knock], lookout: Lookout) -> None:
    assert {knock.family for knock in matrix} == {4, 6}
    assert not lookout.differences(matrix, model.allows)


def test_without_a_ruleset_every_client_reaches_every_port(matrix: list[Knock], lookout: Lookout, model: Model) -> None:
    del model
    for host in HOSTS:
        host.run("nft delete table inet access")
    assert not lookout.differences(matrix, lambda _: True)
