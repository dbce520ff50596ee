"""Whatever the policy says, what gets through is what the model says."""

from __future__ import annotations

import os
from typing import Any

from access.policy import PolicyError
from firewall_stage import HOSTS, PORTS, Model, load, moment
from hypothesis import HealthCheck, Phase, given, note, reject, seed, settings
from hypothesis import strategies as st
from packets import PREFIX, PREFIX6, Knock, Lookout

NUMBERS = sorted({port.number for port in PORTS})
# Single addresses of clients, and networks that hold several of them, or none.
NETWORKS = [
    *(f"{PREFIX}.{number}/32" for number in (1, 11, 12, 14, 21, 22, 66)),
    *(f"{PREFIX6}::{number}/128" for number in (1, 11, 12, 14, 21, 22, 66)),
    *(f"{PREFIX}.{part}" for part in ("0/24", "0/28", "12/30", "16/28", "64/26", "128/25", "20/31")),
    *(f"{PREFIX6}::{part}" for part in ("/64", "10/124", "20/123", "40/122")),
    *("0.0.0.0/0", "::/0", "203.0.113.0/24", "2001:db8::/32"),
]
GRANTS = st.sampled_from(NETWORKS) | st.builds(
    lambda network, seconds: {"cidr": network, "owner": "ana", "expires": moment(seconds)},
    st.sampled_from(NETWORKS),
    st.sampled_from([-3600, 3600]),
)
PORT = st.sampled_from(NUMBERS)
RANGE = st.tuples(PORT, PORT).map(lambda ends: f"{min(ends)}-{max(ends)}")
SOURCE_NAMES = ["ones", "others", "visitors", "operators"]


def names(*known: str) -> st.SearchStrategy[list[str]]:
    """Some of the names."""
    return st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)


RULE = st.fixed_dictionaries(
    {
        "to": names("all", "db", "backend", "edge"),
        "proto": st.sampled_from(["tcp", "tcp", "udp"]),
        "port": PORT | RANGE | st.lists(PORT | RANGE, min_size=1, max_size=3),
        "from": names("anywhere", "all", "db", "backend", "edge", *SOURCE_NAMES),
    },
    optional={"revoke": st.sampled_from(["cut", "keep"])},
)
SOURCES = st.fixed_dictionaries({name: st.lists(GRANTS, min_size=1, max_size=4) for name in SOURCE_NAMES})


@seed(int(os.environ.get("FIREWALL_SEED", "4")))
@settings(
    max_examples=int(os.environ.get("FIREWALL_POLICIES", "3")),
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(rules=st.lists(RULE, min_size=2, max_size=7), sources=SOURCES)
def test_what_gets_through_is_what_the_model_says_under_any_policy(
    rules: list[dict[str, Any]], sources: dict[str, Any], matrix: list[Knock], lookout: Lookout
) -> None:
    policy = [{"name": f"rule{index}"} | rule for index, rule in enumerate(rules)]
    try:
        model = Model(policy, sources)
    except PolicyError:
        reject()
    for host in HOSTS:
        note(model.ruleset(host))
        load(host, model.ruleset(host))
    verdicts = [model.allows(knock) for knock in matrix]
    print(f"{len(policy)} rules: {sum(verdicts)} of {len(matrix)} cells open")
    assert not lookout.differences(matrix, model.allows)
