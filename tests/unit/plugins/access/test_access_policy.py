"""What a policy may say, and how it refuses what it cannot mean."""

from __future__ import annotations

import re
from typing import Any

import pytest
from access.policy import PolicyError, locked_out, nobody_logs_in, parse
from access.verdict import allows
from policies import NOW, given, policy


def refused(rules: list[Any], sources: Any, hosts: Any, **options: Any) -> list[str]:  # noqa: ANN401 - what YAML holds
    with pytest.raises(PolicyError) as error:
        parse(rules, sources, hosts, NOW, **options)
    return error.value.problems


def test_each_tier_and_source_reaches_what_the_policy_names_and_nothing_else() -> None:
    ours = policy()
    expected = {
        ("db1", "198.18.0.12", 5432): True,
        ("db1", "fd00:198:18::12", 5432): True,
        ("db1", "198.51.100.7", 5432): True,
        ("db1", "198.51.100.8", 5432): False,
        ("db1", "198.18.0.14", 5432): False,
        ("db1", "203.0.113.12", 5432): False,
        ("db1", "203.0.113.10", 22): True,
        ("db1", "2001:db8:5::10", 22): True,
        ("db1", "2001:db8:5::11", 22): False,
        ("db1", "203.0.113.10", 5432): False,
        ("backend2", "198.18.0.14", 8001): True,
        ("backend2", "198.18.0.14", 8002): True,
        ("backend2", "198.18.0.14", 8003): False,
        ("edge1", "192.0.2.99", 443): True,
        ("edge1", "2001:db8:9::1", 80): True,
        ("edge1", "192.0.2.99", 8081): False,
    }
    found = {cell: allows(ours, cell[0], cell[1], "tcp", cell[2], NOW) for cell in expected}
    assert found == expected
    assert not allows(ours, "db1", "198.18.0.12", "udp", 5432, NOW)


def test_a_grant_holds_until_the_second_at_which_it_expires() -> None:
    ours = policy()
    end = next(grant.expires for rule in ours.rules for grant in rule.grants if grant.expires)
    assert allows(ours, "db1", "198.51.100.7", "tcp", 5432, end - 1)
    assert not allows(ours, "db1", "198.51.100.7", "tcp", 5432, end)


def test_over_an_elastic_ip_the_backends_count_by_their_public_addresses_too() -> None:
    ours = policy(endpoint="elastic_ip")
    assert allows(ours, "db1", "203.0.113.12", "tcp", 5432, NOW)
    assert allows(ours, "db1", "198.18.0.12", "tcp", 5432, NOW)
    assert not allows(ours, "backend1", "203.0.113.14", "tcp", 8001, NOW), "only the database is reached so"


def test_a_backend_without_a_public_address_is_refused_where_the_database_is_reached_over_an_elastic_ip() -> None:
    rules, sources, hosts = given()
    hosts["backend2"]["public"] = []
    (problem,) = refused(rules, sources, hosts, endpoint="elastic_ip")
    assert problem.startswith("inventory, backend2: access_db_endpoint is elastic_ip, but it has no public_address")


BAD_RULES = {
    "unknown source": (
        {"from": ["develpers"]},
        "rule postgres, from: there is no 'develpers'; did you mean developers?",
    ),
    "unknown tier": ({"to": ["dbb"]}, "rule postgres, to: there is no 'dbb'; did you mean db?"),
    "no port": ({"port": []}, "rule postgres, port: there is none; name one."),
    "port out of range": ({"port": 65536}, "rule postgres, port: 65536 is no port"),
    "backward range": ({"port": "9-5"}, "rule postgres, port: '9-5' is no port"),
    "protocol": ({"proto": "sctp"}, "rule postgres, proto: 'sctp' is neither tcp nor udp."),
    "misspelt key": ({"revok": "cut"}, "rule postgres: there is no revok; did you mean revoke?"),
    "revoke": ({"revoke": "yes"}, "rule postgres, revoke: 'yes' is neither cut nor keep."),
    "name": ({"name": "Postgres-DB"}, "rule Postgres-DB, name: write at most 24 small letters"),
    "the internet": ({"from": ["anywhere"]}, "rule postgres, from: 0.0.0.0/0 opens the database"),
    "from is no list": ({"from": "backend"}, "rule postgres, from: 'backend' is not a list of names"),
    "a second one of the name": ({"name": "ssh"}, "rule ssh: another rule has this name"),
}


@pytest.mark.parametrize(("edit", "sentence"), BAD_RULES.values(), ids=list(BAD_RULES))
def test_a_rule_that_cannot_be_meant_is_refused_by_rule_and_field(edit: dict[str, Any], sentence: str) -> None:
    rules, sources, hosts = given()
    rules[3] |= edit
    problems = refused(rules, sources, hosts)
    assert any(f"access_policy, {sentence}" in problem for problem in problems), problems


BAD_GRANTS = {
    "host bits": ("203.0.113.10/24", "has host bits set; write 203.0.113.0/24"),
    "no network": ("203.0.113.300/32", "is not a network: write it as"),
    "a name": ("office.example.com", "is not a network: write it as"),
    "IPv4 in IPv6": ("::ffff:1.2.3.4/128", "stands for an IPv4 address"),
    "expired": ({"cidr": "192.0.2.1/32", "expires": "2026-01-01T00:00Z"}, "has passed; take the line out"),
    "no time zone": ({"cidr": "192.0.2.1/32", "expires": "2027-12-01T18:00"}, "has no time zone; write"),
    "a date": ({"cidr": "192.0.2.1/32", "expires": "2027-12-01"}, "has no time zone; write"),
    "no moment": ({"cidr": "192.0.2.1/32", "expires": "tomorrow"}, "is no moment; write"),
    "no cidr": ({"owner": "ana"}, "cidr is missing; add it."),
    "a reason that EC2 refuses": ({"cidr": "192.0.2.1/32", "reason": "größer"}, "reason may hold letters"),
    "a long reason": ({"cidr": "192.0.2.1/32", "reason": "x" * 121}, "reason has 121 characters"),
}


@pytest.mark.parametrize(("grant", "sentence"), BAD_GRANTS.values(), ids=list(BAD_GRANTS))
def test_a_source_that_cannot_be_meant_is_refused_by_its_place(grant: Any, sentence: str) -> None:  # noqa: ANN401
    rules, sources, hosts = given()
    sources["developers"].append(grant)
    (problem,) = refused(rules, sources, hosts)
    assert re.match(r"access_sources, developers\[1\]", problem), problem
    assert sentence in problem


def test_everything_that_is_wrong_is_told_at_once() -> None:
    rules, sources, hosts = given()
    rules[0]["port"] = 0
    rules[1]["to"] = ["edgee"]
    sources["operators"] = ["nowhere"]
    assert len(refused(rules, sources, hosts)) == 3


def test_a_grant_that_has_expired_does_not_stand_in_the_way_of_a_deploy_and_counts_for_nothing() -> None:
    rules, sources, hosts = given()
    sources["developers"] = [{"cidr": "192.0.2.1/32", "expires": "2026-01-01T00:00Z"}]
    assert refused(rules, sources, hosts)
    ours = parse(rules, sources, hosts, NOW, lenient=True)
    assert not allows(ours, "db1", "192.0.2.1", "tcp", 5432, NOW)


def test_half_of_the_internet_is_the_internet_to_the_database() -> None:
    rules, sources, hosts = given()
    sources["developers"] = ["0.0.0.0/1", "128.0.0.0/1"]
    assert len([p for p in refused(rules, sources, hosts) if "opens the database" in p]) == 2


def test_more_rules_than_a_security_group_holds_are_refused_before_anything_is_touched() -> None:
    rules, sources, hosts = given()
    sources["developers"] = [f"198.51.100.{n}/32" for n in range(59)]
    (problem,) = refused(rules, sources, hosts)
    assert problem.startswith("access_policy: the security group of db would need 61 rules, and EC2 allows 60")
    sources["developers"].pop()
    parse(rules, sources, hosts, NOW)


def test_a_policy_that_locks_the_controller_out_is_refused_with_the_address_that_the_host_sees() -> None:
    ports = {"db1": 22, "edge1": 22}
    assert locked_out(policy(), {"db1": "203.0.113.10", "edge1": "2001:db8:5::10"}, ports, NOW) == []
    (problem,) = locked_out(policy(), {"db1": "203.0.113.99"}, ports, NOW)
    assert problem.startswith("access_policy: db1 sees this controller at 203.0.113.99, which could no longer reach")
    assert len(locked_out(policy(), {"db1": "203.0.113.10"}, {"db1": 2222}, NOW)) == 1, "SSH on another port"


def test_an_address_that_only_an_expiring_grant_lets_in_has_to_last() -> None:
    rules, sources, hosts = given()
    sources["operators"] = [{"cidr": "203.0.113.10/32", "expires": "2027-01-15T08:00:30Z"}]
    ours = parse(rules, sources, hosts, NOW)
    assert locked_out(ours, {"db1": "203.0.113.10"}, {"db1": 22}, NOW) == []
    assert locked_out(ours, {"db1": "203.0.113.10"}, {"db1": 22}, NOW, margin=60)


def test_a_policy_under_which_nobody_can_log_in_is_refused_before_there_is_a_host() -> None:
    rules, sources, _ = given()
    assert nobody_logs_in(parse(rules, sources, {}, NOW), [22]) == []
    sources["operators"] = []
    (problem,) = nobody_logs_in(parse(rules, sources, {}, NOW), [22])
    assert problem.startswith("access_policy lets nobody reach port 22 (SSH); add the address")
