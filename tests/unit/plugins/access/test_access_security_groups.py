"""Security groups say what the policy says, and what lies between an old and a new policy is neither more nor less."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

import pytest
from access.model import Policy, Ports
from access.policy import parse
from access.security_groups import (
    Key,
    Permission,
    Rules,
    changes,
    egress,
    meet,
    permissions,
    read,
    steps,
    target,
    to_api,
    transition,
)
from access.verdict import allows
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from policies import HOSTS, NOW, given, policies, policy

TIERS = ("db", "backend", "frontend", "edge", "build")
IDS = {tier: f"sg-{index:017x}" for index, tier in enumerate(TIERS)}


def lines(ours: Policy, tier: str, now: float = NOW) -> list[str]:
    return [one.line() for one in permissions(ours, tier, now, TIERS)]


def test_each_tier_lets_in_what_the_policy_names() -> None:
    ours = policy()
    ssh = ["tcp 22 from 203.0.113.10/32 (ssh: operators)", "tcp 22 from 2001:db8:5::10/128 (ssh: operators)"]
    assert lines(ours, "db") == [
        *ssh,
        "tcp 5432 from tier backend (postgres)",
        "tcp 5432 from 198.51.100.7/32 (postgres: ana, debug import job, until 2027-12-01T18:00:00Z)",
    ]
    assert lines(ours, "backend") == [*ssh, "tcp 8001-8002 from tier edge (api)"]
    web = [f"tcp {port} from {network} (web)" for port in (80, 443) for network in ("0.0.0.0/0", "::/0")]
    assert lines(ours, "edge") == [*ssh, *web]
    assert lines(ours, "frontend") == lines(ours, "build") == ssh


def test_an_expired_grant_is_left_out_from_the_second_at_which_it_expires() -> None:
    ours = policy()
    end = next(grant.expires for rule in ours.rules for grant in rule.grants if grant.expires)
    assert any("198.51.100.7" in line for line in lines(ours, "db", end - 1))
    assert not any("198.51.100.7" in line for line in lines(ours, "db", end))


def test_over_an_elastic_ip_the_backends_come_by_their_public_addresses_too() -> None:
    ours = policy(endpoint="elastic_ip")
    found = [line for line in lines(ours, "db") if "5432" in line and "198.51" not in line]
    assert found == [
        "tcp 5432 from tier backend (postgres)",
        "tcp 5432 from 203.0.113.12/32 (postgres: backend)",
        "tcp 5432 from 203.0.113.13/32 (postgres: backend)",
    ]
    assert lines(ours, "backend") == lines(policy(), "backend"), "only the database is reached so"


def test_all_tiers_as_a_source_are_a_reference_each() -> None:
    rules, sources, hosts = given()
    rules[2]["from"] = ["all"]
    found = [one.peer for one in permissions(parse(rules, sources, hosts, NOW), "backend", NOW, TIERS)]
    assert [peer for peer in found if isinstance(peer, str)] == sorted(TIERS)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_grants_for_one_address_the_one_that_lasts_longest_says_why(order: tuple[int, int, int]) -> None:
    rules, sources, hosts = given()
    grants = [
        {"cidr": "192.0.2.1/32", "owner": "early", "expires": "2027-06-01T00:00Z"},
        {"cidr": "192.0.2.1/32", "owner": "late", "expires": "2027-07-01T00:00Z"},
        {"cidr": "192.0.2.1/32", "owner": "lasting"},
    ]
    for most, owner in ((2, "late"), (3, "lasting")):
        sources["developers"] = [grants[index] for index in order if index < most]
        found = [line for line in lines(parse(rules, sources, hosts, NOW), "db") if "192.0.2.1" in line]
        assert len(found) == 1 and f"postgres: {owner}" in found[0]


def test_a_description_has_the_characters_and_the_length_that_ec2_takes_and_never_loses_its_end() -> None:
    rules, sources, hosts = given()
    entry = {"cidr": "192.0.2.1/32", "reason": "x" * 120, "expires": "2027-06-01T00:00Z"}
    sources |= {"größe?“" + "é" * 200: [entry]}
    rules[3]["from"] = [list(sources)[-1]]
    (found,) = [one for one in permissions(parse(rules, sources, hosts, NOW), "db", NOW, TIERS) if "x" in str(one)]
    assert re.fullmatch(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}", found.description)
    assert len(found.description) == 255
    assert found.description.endswith(", until 2027-06-01T00:00:00Z")


@settings(max_examples=60, deadline=None)
@drawn(policies(), st.data())
def test_groups_let_through_what_the_model_does(ours: Policy, data: st.DataObject) -> None:
    """A reference stands for the private addresses of a tier's hosts; a host is in the groups of all its tiers."""
    groups = {tier: permissions(ours, tier, NOW, TIERS) for tier in TIERS}
    ports = sorted({end for rule in ours.rules for ports in rule.ports for end in (ports.first, ports.last + 1)})
    ports = [port for port in ports if port <= 65535]
    sources = {address for host in ours.hosts.values() for address in (*host.private, *host.public)}
    sources |= {grant.network[0] for rule in ours.rules for grant in rule.grants}
    source = data.draw(st.sampled_from(sorted(sources, key=str)))
    for host, proto, port in product(ours.hosts, ("tcp", "udp"), ports):
        mine = [one for tier in ours.hosts[host].tiers for one in groups[tier]]
        let = any(
            one.proto == proto
            and one.ports is not None
            and one.ports.first <= port <= one.ports.last
            and (
                any(source in member.private for member in ours.members(one.peer))
                if isinstance(one.peer, str)
                else source in one.peer
            )
            for one in mine
        )
        assert let == allows(ours, host, str(source), proto, port, NOW), (host, str(source), proto, port)


def test_what_ec2_tells_is_read_in_full() -> None:
    group = {
        "GroupId": IDS["db"],
        "OwnerId": "111111111111",
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 5432,
                "ToPort": 5433,
                "IpRanges": [{"CidrIp": "198.51.100.7/32", "Description": "postgres: ana"}],
                "Ipv6Ranges": [{"CidrIpv6": "2001:DB8:0::/48"}],
                "PrefixListIds": [{"PrefixListId": "pl-0a1", "Description": "office"}],
                "UserIdGroupPairs": [
                    {"GroupId": IDS["backend"], "UserId": "111111111111", "Description": "postgres"},
                    {"GroupId": "sg-0f0", "UserId": "111111111111"},
                    {"GroupId": "sg-0f1", "UserId": "222222222222", "VpcPeeringConnectionId": "pcx-1"},
                ],
            },
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]},
            {"IpProtocol": "58", "FromPort": -1, "ToPort": -1, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
            {"IpProtocol": "17", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "50", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        ],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    }
    found = read(group, {identity: tier for tier, identity in IDS.items()})
    assert found.lines() == [
        "everything from 10.0.0.0/8",
        "50 all from 10.0.0.0/8",
        "icmp all from 10.1.0.0/16",
        "icmp 8 from 10.0.0.0/8",
        "icmpv6 all from ::/0",
        "tcp 5432-5433 from 222222222222/sg-0f1",
        "tcp 5432-5433 from tier backend (postgres)",
        "tcp 5432-5433 from pl-0a1 (office)",
        "tcp 5432-5433 from sg-0f0",
        "tcp 5432-5433 from 198.51.100.7/32 (postgres: ana)",
        "tcp 5432-5433 from 2001:db8::/48",
        "udp 53 from 10.0.0.0/8",
        "everything to 0.0.0.0/0",
    ]


# A small world, all of whose packets can be counted.
MEMBERS = {
    "db": (ip_network("10.0.0.1/32"), ip_network("fd00::1/128")),
    "backend": (ip_network("10.0.0.2/32"), ip_network("10.0.0.3/32")),
    "edge": (ip_network("10.0.0.3/32"),),
    "build": (),
}
STRANGERS = ("sg-0f0", "pl-0a1")
PACKETS = [
    *product(("tcp", "udp"), [(port, port) for port in range(1, 7)]),
    *product(("icmp",), [(8, 0), (8, 1), (0, 0)]),
    ("50", (0, 0)),
]
NETWORKS = [
    *[net for length in (29, 30, 31, 32) for net in ip_network("10.0.0.0/29").subnets(new_prefix=length)],
    *[net for length in (126, 127, 128) for net in ip_network("fd00::/126").subnets(new_prefix=length)],
    ip_network("0.0.0.0/0"),
    ip_network("::/0"),
]
ADDRESSES = [*ip_network("10.0.0.0/29"), *ip_network("fd00::/126"), ip_address("192.0.2.1"), ip_address("2001:db8::1")]


def permission_lists(
    protos: tuple[str, ...] = ("tcp", "udp", "icmp", "50", "-1"),
) -> st.SearchStrategy[list[Permission]]:
    """Draw the permissions of a group."""
    spans = st.tuples(st.integers(1, 6), st.integers(1, 6)).map(lambda ends: Ports(min(ends), max(ends)))
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "tcp": spans | st.just(None),
        "udp": spans,
        "icmp": st.sampled_from([None, Ports(8, -1), Ports(8, 0), Ports(8, 1), Ports(0, 0)]),
        "50": st.just(None),
        "-1": st.just(None),
    }
    peers = st.sampled_from([*NETWORKS, *MEMBERS, *STRANGERS])
    one = st.sampled_from(protos).flatmap(
        lambda proto: st.builds(Permission, st.just(proto), kinds[proto], peers, st.sampled_from(["", "a", "b"]))
    )
    return st.lists(one, max_size=6, unique_by=lambda one: one.key)


def opens(given: list[Permission], members: dict[str, Any] | None) -> set[Any]:
    """What permissions let through, packet by packet. Without members, a reference stands for itself."""
    found = set()
    for one in given:
        if isinstance(one.peer, str) and members is not None and one.peer in members:
            sources: list[Any] = [network[0] for network in members[one.peer]]
        else:
            sources = [one.peer] if isinstance(one.peer, str) else [a for a in ADDRESSES if a in one.peer]
        for proto, (first, last) in PACKETS:
            fits = one.ports is None or (
                (one.ports.first == first and one.ports.last in {-1, last})
                if proto == "icmp"
                else one.ports.first <= first <= one.ports.last
            )
            if one.proto == "-1" or (one.proto == proto and fits):
                found |= {(proto, first, last, source) for source in sources}
    return found


@pytest.mark.parametrize("members", [None, MEMBERS], ids=["by reference", "by address"])
@settings(max_examples=250, deadline=None)
@drawn(permission_lists(), permission_lists())
def test_a_narrowed_group_lets_through_what_old_and_new_policy_both_do(
    members: dict[str, Any] | None, old: list[Permission], new: list[Permission]
) -> None:
    between = transition(old, new, members)
    assert opens(between, members) == opens(old, members) & opens(new, members)
    assert len({one.key for one in between}) == len(between)
    both = {one.key for one in old} & {one.key for one in new}
    assert both <= {one.key for one in between}, "what both have word for word is not touched"


@settings(max_examples=100, deadline=None)
@drawn(permission_lists())
def test_narrowing_what_is_in_line_is_nothing(now: list[Permission]) -> None:
    assert not any(changes(now, transition(now, now, MEMBERS)))
    assert steps(now, now, MEMBERS) == []


@pytest.mark.parametrize("members", [None, MEMBERS], ids=["by reference", "by address"])
@settings(max_examples=250, deadline=None)
@drawn(permission_lists(), permission_lists())
def test_no_step_opens_what_neither_policy_does_nor_shuts_what_both_do(
    members: dict[str, Any] | None, old: list[Permission], new: list[Permission]
) -> None:
    now = {one.key: one for one in old}
    for step in steps(old, new, members):
        for one in step.permissions:
            if step.verb == "revoke":
                del now[one.key]
            else:
                assert (one.key in now) == (step.verb == "redescribe")
                now[one.key] = one
        let = opens(list(now.values()), members)
        assert let <= opens(old, members) | opens(new, members)
        assert let >= opens(old, members) & opens(new, members)
    assert now == {one.key: one for one in new}


def test_a_rule_that_is_partly_wanted_stays_as_the_part() -> None:
    old = [Permission("tcp", Ports(8000, 8100), ip_network("10.0.0.0/8"), "wide")]
    new = [
        Permission("tcp", Ports(8001, 8002), ip_network("10.1.0.0/16"), "api"),
        Permission("tcp", Ports(22, 22), "db"),
    ]
    assert transition(old, new) == new[:1]
    assert [step.verb for step in steps(old, new[:1])] == ["authorize", "revoke"]


def test_a_stray_rule_goes_first_so_that_a_full_group_has_room() -> None:
    old = [Permission("tcp", Ports(22, 22), ip_network(f"192.0.2.{index}/32")) for index in range(60)]
    new = [Permission("tcp", Ports(22, 22), ip_network(f"203.0.113.{index}/32")) for index in range(60)]
    assert [(step.verb, len(step.permissions)) for step in steps(old, new)] == [("revoke", 60), ("authorize", 60)]


@pytest.mark.parametrize(
    ("one", "two", "both"),
    [
        (Ports(8, 0), Ports(8, 1), []),
        (Ports(8, 0), Ports(0, 0), []),
        (Ports(8, 0), Ports(8, -1), [Ports(8, 0)]),
        (Ports(8, -1), None, [Ports(8, -1)]),
        (Ports(8, -1), Ports(0, -1), []),
    ],
)
def test_types_and_codes_of_icmp_are_no_range_of_ports(one: Ports, two: Ports | None, both: list[Ports]) -> None:
    peer = ip_network("0.0.0.0/0")
    for first, second in ((one, two), (two, one)):
        assert [key.ports for key in meet(Key("icmp", first, peer), Key("icmp", second, peer))] == both


def test_narrowing_leaves_what_hosts_may_reach_alone() -> None:
    narrowed = Rules([], [Permission("tcp", Ports(443, 443), ip_network("0.0.0.0/0"), "by hand")])
    assert target(narrowed, [], only_narrow=True) == narrowed
    assert target(narrowed, [], only_narrow=False) == ([], egress())


def test_a_tier_is_not_shut_out_while_its_network_becomes_a_reference() -> None:
    old = [Permission("tcp", Ports(5432, 5432), ip_network("10.0.0.0/16"), "postgres: network")]
    new = [Permission("tcp", Ports(5432, 5432), "backend", "postgres")]
    assert transition(old, new, MEMBERS) == new
    assert [step.verb for step in steps(old, new, MEMBERS)] == ["authorize", "revoke"]
    assert transition(new, old, MEMBERS) == new, "and the other way round"
    assert transition(old, new) == [], "without the addresses of its hosts nothing can be told"


@settings(max_examples=100, deadline=None)
@drawn(permission_lists())
def test_what_is_said_to_ec2_is_read_the_same(ours: list[Permission]) -> None:
    tiers = {identity: tier for tier, identity in IDS.items()}
    told = {"OwnerId": "1", "IpPermissions": [to_api(one, IDS) for one in ours], "IpPermissionsEgress": []}
    found = read(told, tiers).ingress
    spelt = {one.key: one for one in ours if not (one.proto == "tcp" and one.ports is None)}
    assert {one.key: one for one in found if one.ports != Ports(0, 65535)} == spelt


@settings(max_examples=50, deadline=None)
@drawn(permission_lists(("tcp", "udp")))
def test_plain_words_are_read_the_same(ours: list[Permission]) -> None:
    assert [Permission.from_dict(one.to_dict()) for one in ours] == ours


def test_hosts_may_reach_everything() -> None:
    assert [one.line("to") for one in egress()] == [
        "everything to 0.0.0.0/0 (everything)",
        "everything to ::/0 (everything)",
    ]


def test_a_policy_that_a_group_would_not_hold_is_refused_before() -> None:
    rules, sources, hosts = given()
    sources["developers"] = [f"198.51.100.{index}/32" for index in range(57)]
    parse(rules, sources, hosts, NOW)
    most = max(len(permissions(parse(rules, sources, HOSTS, NOW), tier, NOW, TIERS)) for tier in TIERS)
    assert most <= 61, "60 of a family, and the operators' of the other"
    sources["developers"] = [f"198.51.100.{index}/32" for index in range(60)]
    with pytest.raises(ValueError, match="would need 62 rules, and EC2 allows 60"):
        parse(rules, sources, hosts, NOW)
