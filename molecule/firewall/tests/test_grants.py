"""A grant with an end shuts by itself."""

from __future__ import annotations

import time

import pytest
from firewall_stage import DB1, HOSTS, POLICY, SOURCES, Model, load, moment
from packets import FAMILIES, PREFIX, PREFIX6, Lookout, Machine, Port, knocks, poll
from probe import Cell


@pytest.mark.usefixtures("model")
def test_a_grant_shuts_in_time_with_no_controller_near_and_cuts_connections_where_the_rule_says_so(
    clients: dict[str, Machine], lookout: Lookout
) -> None:
    visitor = clients["stranger"]
    ends = int(time.time()) + 5
    short = [
        {"cidr": f"{network}/{length}", "owner": "ana", "reason": "a look", "expires": moment(ends - time.time())}
        for network, length in ((f"{PREFIX}.66", 32), (f"{PREFIX6}::66", 128))
    ]
    granted = Model(POLICY, SOURCES | {"visitors": short, "developers": [*SOURCES["developers"], *short]})
    for host in HOSTS:
        load(host, granted.ruleset(host))
    postgres = knocks([visitor], [DB1], [Port("tcp", 5432)])
    unlimited = knocks([clients["developer"]], [DB1], [Port("tcp", 5432)])
    cut: list[Cell] = [(host.address(family), "tcp", 8443) for host in HOSTS for family in FAMILIES]
    prober = lookout.prober(visitor)
    try:
        assert all(prober.hold(cut, tick=True))
        assert all(prober.heard(time.time()))
        assert not lookout.differences(postgres, lambda _: True)
        assert time.time() < ends, "this machine is too slow to look before the grant ends"

        def shut() -> bool:
            return set(lookout.look(postgres, 0.3).values()) == {"silent"}

        poll("the end of the grant", shut, 20)
        assert ends - 0.5 < time.time()
        assert not lookout.differences([*postgres, *unlimited], granted.allows)
        assert not any(prober.heard(time.time()))
    finally:
        prober.drop()
