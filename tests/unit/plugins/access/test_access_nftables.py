"""The ruleset as nft takes it, and the way from one to another. The kernel is real; the network namespace is empty."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from access.kernel import Table, anew, read, readable, transaction
from access.nftables import lockdown, ruleset
from hypothesis import given, settings
from policies import policies, policy

if TYPE_CHECKING:
    from access.model import Policy

# Whoever is not root becomes so in a user namespace of their own.
NAMESPACE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
LIST = "nft -j -s list table inet access"


def in_namespace(script: str, *texts: str) -> str:
    """Standard output of a shell script in an empty network namespace; $1 and so on are the texts."""
    command = [*NAMESPACE, "sh", "-euc", script, "sh", *texts]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TZ": "UTC"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(*texts: str) -> Table:
    """Return the table after the texts were loaded one after another."""
    script = "".join(f'printf %s "${{{n}}}" | nft -f -\n' for n in range(1, len(texts) + 1))
    table = read(in_namespace(script + LIST, *texts))
    assert table is not None
    return table


@pytest.mark.parametrize("host", ["db1", "backend1", "edge1"])
def test_nft_takes_the_ruleset_of_every_host(host: str) -> None:
    table = loaded(ruleset(policy(), host))
    assert {name: chain.hook for name, chain in table.chains.items() if chain.hook} == {
        "prerouting": ("filter", "prerouting", "-110", "drop"),
        "forward": ("filter", "forward", "-10", "drop"),
        "input": ("filter", "input", "-10", "accept"),
        **({"replies": ("filter", "postrouting", "110", "accept")} if host == "db1" else {}),
    }


def test_a_damaged_host_lets_in_nothing_but_ssh() -> None:
    table = loaded(lockdown(2222))
    assert len(table.chains["service"].rules) == 2
    assert '"right": 2222' in table.chains["service"].rules[0]
    assert table.chains["prerouting"].hook[3] == "drop"


@settings(max_examples=int(os.environ.get("ACCESS_EXAMPLES", "40")), deadline=None)
@given(policies(), policies())
def test_one_transaction_leads_from_any_policy_to_any_other(old: Policy, new: Policy) -> None:
    before, after = loaded(ruleset(old, "db1")), loaded(ruleset(new, "db1"))
    steps = transaction(before, after, ruleset(new, "db1"))
    assert loaded(ruleset(old, "db1"), steps) == after


def test_a_table_that_somebody_bent_is_brought_back() -> None:
    text = ruleset(policy(), "db1")
    wanted = loaded(text)
    for bend in (
        "nft flush chain inet access service",
        "nft 'chain inet access forward { policy accept; }'",
        "nft add element inet access postgres_4 '{ 192.0.2.0-192.0.2.6 }'",
        "nft delete element inet access postgres_4 '{ 198.18.0.12/31 }' || nft flush set inet access postgres_4",
        "nft 'add set inet access strange { type inet_service; }'",
        "nft 'add map inet access strange { type ipv4_addr : verdict; }'",
        "nft 'add chain inet access extra { type filter hook input priority 5; }'",
        "nft 'delete chain inet access input; add chain inet access input { type filter hook input priority 7; }'",
    ):
        start = f'printf %s "$1" | nft -f -\n{bend}\n'
        bent = read(in_namespace(start + LIST, text))
        assert bent != wanted, bend
        mended = read(in_namespace(start + 'printf %s "$2" | nft -f -\n' + LIST, text, transaction(bent, wanted, text)))
        assert mended == wanted, bend


def test_where_only_sources_differ_only_elements_move() -> None:
    ours = policy()
    text = ruleset(ours, "db1")
    wider = text.replace("198.18.0.12/31", "198.18.0.12/30")
    assert wider != text
    steps = transaction(loaded(text), loaded(wider), wider)
    assert "flush" not in steps
    assert loaded(text, steps) == loaded(wider)


def test_where_rules_change_the_sources_that_stay_are_not_touched() -> None:
    text = ruleset(policy(), "db1")
    other = text.replace("198.18.0.12/31", "198.18.0.12/30").replace("    counter drop\n", "    drop\n", 1)
    steps = transaction(loaded(text), loaded(other), other)
    assert "delete element inet access postgres_4 { 198.18.0.12/31 }" in steps
    assert "flush set" not in steps
    assert "ssh_4" not in steps.removesuffix(other)
    assert loaded(text, steps) == loaded(other)


def test_the_same_policy_needs_nothing() -> None:
    text = ruleset(policy(), "db1")
    assert transaction(loaded(text), loaded(text), text).strip() == ""


def test_a_table_anew_replaces_whatever_is_there_or_nothing() -> None:
    text = ruleset(policy(), "db1")
    assert loaded(anew(text)) == loaded(lockdown(), anew(text)) == loaded(text)


def test_a_diff_shows_each_element_of_a_set_on_a_line_of_its_own() -> None:
    text = ruleset(policy(), "db1")
    wider = text.replace("203.0.113.10", "203.0.113.10, 203.0.113.12, 203.0.113.14, 203.0.113.16")
    shown = [
        set(readable(in_namespace('printf %s "$1" | nft -f -\nnft -s list table inet access', one)).splitlines())
        for one in (text, wider)
    ]
    added = sorted(line.strip() for line in shown[1] - shown[0])
    assert added == [f"element 203.0.113.{n}" for n in (12, 14, 16)]
    assert shown[0] <= shown[1]
