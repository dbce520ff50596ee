"""Policies for the tests of access: one like the project's own, and any number of others."""

from __future__ import annotations

import copy
from typing import Any

from access.model import Policy
from access.policy import parse
from hypothesis import strategies as st

NOW = 1_800_000_000.0
HOSTS: dict[str, dict[str, Any]] = {
    "db1": {"tiers": ["db"], "private": ["198.18.0.11", "fd00:198:18::11"], "public": ["203.0.113.11"]},
    "backend1": {"tiers": ["backend"], "private": ["198.18.0.12", "fd00:198:18::12"], "public": ["203.0.113.12"]},
    "backend2": {"tiers": ["backend"], "private": ["198.18.0.13"], "public": ["203.0.113.13"]},
    "edge1": {"tiers": ["frontend", "edge"], "private": ["198.18.0.14"], "public": ["203.0.113.14"]},
}
SOURCES: dict[str, Any] = {
    "operators": ["203.0.113.10/32", "2001:db8:5::10/128"],
    "developers": [
        {"cidr": "198.51.100.7/32", "owner": "ana", "reason": "debug import job", "expires": "2027-12-01T18:00Z"}
    ],
}
RULES: list[dict[str, Any]] = [
    {"name": "ssh", "to": ["all"], "proto": "tcp", "port": 22, "from": ["operators"]},
    {"name": "web", "to": ["edge"], "proto": "tcp", "port": [80, 443], "from": ["anywhere"]},
    {"name": "api", "to": ["backend"], "proto": "tcp", "port": "8001-8002", "from": ["edge"]},
    {
        "name": "postgres",
        "to": ["db"],
        "proto": "tcp",
        "port": 5432,
        "from": ["backend", "developers"],
        "revoke": "cut",
    },
]


def given() -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, dict[str, Any]]]:
    """Return rules, sources and hosts that a test may edit."""
    return copy.deepcopy(RULES), copy.deepcopy(SOURCES), copy.deepcopy(HOSTS)


def policy(**options: Any) -> Policy:  # noqa: ANN401 - whatever parse takes
    """Return the policy like the project's own."""
    return parse(*given(), NOW, **options)


def _networks() -> st.SearchStrategy[str]:
    four = st.tuples(st.integers(0, 2**16 - 1), st.integers(20, 32)).map(
        lambda drawn: f"198.18.{(drawn[0] & mask(drawn[1])) >> 8}.{drawn[0] & mask(drawn[1]) & 255}/{drawn[1]}"
    )
    six = st.tuples(st.integers(0, 2**16 - 1), st.integers(112, 128)).map(
        lambda drawn: f"2001:db8::{drawn[0] & mask(drawn[1] - 96):x}/{drawn[1]}"
    )
    return four | six


def mask(length: int) -> int:
    """Return the mask of the low 16 bits of an address with this prefix length (of 32)."""
    return (0xFFFFFFFF << (32 - length)) & 0xFFFF


def _ports() -> st.SearchStrategy[Any]:
    port = st.integers(1, 65535)
    spans = st.tuples(port, st.integers(0, 50)).map(lambda drawn: f"{drawn[0]}-{min(65535, sum(drawn))}")
    return port | spans | st.lists(port | spans, min_size=1, max_size=3)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Draw a policy for the hosts above: up to five rules, with every kind of source."""
    grants = st.one_of(
        _networks(),
        st.builds(
            lambda cidr, years: {"cidr": cidr, "expires": f"20{years}-01-01T00:00Z"}, _networks(), st.integers(20, 40)
        ),
    )
    sources = {name: draw(st.lists(grants, max_size=5)) for name in ("red", "green", "blue")}
    count = draw(st.integers(1, 5))
    peers = st.sampled_from(["red", "green", "blue", "anywhere", "all", "db", "backend", "edge"])
    rules = [
        {
            "name": f"rule{index}",
            "to": draw(st.lists(st.sampled_from(["backend", "frontend", "edge", "db"]), min_size=1, max_size=2)),
            "proto": draw(st.sampled_from(["tcp", "udp"])),
            "port": draw(_ports()),
            "from": draw(st.lists(peers, min_size=1, max_size=3)),
            "revoke": draw(st.sampled_from(["cut", "keep"])),
        }
        for index in range(count)
    ]
    # Port 0 does not exist, so nothing counts as the database's port: the internet may be drawn as its source.
    return parse(rules, sources, HOSTS, NOW, database_port=0, lenient=True)
