"""Mutants of the ruleset: each is another table, and differs by one line."""

from __future__ import annotations

from access.nftables import ruleset
from access.policy import parse
from mutants import mutants

RULES = [
    {"name": "ssh", "to": ["all"], "proto": "tcp", "port": 22, "from": ["operators"]},
    {"name": "postgres", "to": ["db"], "proto": "tcp", "port": 5432, "from": ["backend"], "revoke": "cut"},
]
HOSTS = {
    "db1": {"tiers": ["db"], "private": ["198.18.0.11", "fd00::11"], "public": []},
    "backend1": {"tiers": ["backend"], "private": ["198.18.0.12", "fd00::12"], "public": []},
}


def test_every_mutant_differs_from_the_original_by_one_line_and_from_every_other() -> None:
    original = ruleset(parse(RULES, {"operators": ["198.18.0.1/32"]}, HOSTS, 0.0), "db1")
    found = list(mutants(original))
    assert len(found) > 100
    assert len({mutant.mistake for mutant in found}) == len(found)
    lines = original.splitlines()
    for mutant in found:
        mutated = mutant.text.splitlines()
        assert mutated != lines
        same = sum(one == two for one, two in zip(lines, mutated, strict=False))
        assert len(mutated) == len(lines) - 1 or same == len(lines) - 1, mutant.mistake
