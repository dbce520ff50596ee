"""What differs is found and named; another spelling of the same is no difference. The listings are real nft's."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import equivalents
import pytest
from access.drift import Group, group_findings, instance_findings, policy_findings, port_findings
from access.drift_kernel import kernel_findings
from access.expressions import say
from access.foreign import foreign_findings
from access.host_drift import Boot, boot_findings
from access.kernel import Table, read
from access.model import Ports
from access.nftables import ruleset
from access.reach import overlap, subtract
from access.security_groups import Permission, Rules, egress, permissions, to_api
from access.security_groups import read as read_group
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import HOSTS, NOW, SOURCES, policies, policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from access.finding import Finding
    from access.model import Policy

LISTINGS = Path(__file__).parent / "listings"
VERSIONS = ("1.0.6", "1.1.3")
TIERS = ("db", "backend", "frontend", "edge", "build")
NAMESPACE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
EXAMPLES = int(os.environ.get("AUDIT_EXAMPLES", "60"))


def listing(name: str) -> str:
    return (LISTINGS / f"{name}.json").read_text(encoding="utf-8")


def spelling(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - no secret


def table(text: str) -> Table:
    found = read(text)
    assert found is not None
    return found


def listed(text: str) -> str:
    """Return what nft lists after it loaded a text where nothing was."""
    script = "nft -f - && nft -j -s list table inet access"
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TZ": "UTC"}
    done = subprocess.run(
        [*NAMESPACE, "sh", "-euc", script], input=text, capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout


def changed(name: str, change: Callable[[list[tuple[str, Any]]], None]) -> list[Finding]:
    """Return what is found where a listing of a host was changed."""
    objects = [next(iter(one.items())) for one in json.loads(listing(name))["nftables"]]
    change(objects)
    text = json.dumps({"nftables": [{kind: value} for kind, value in objects]})
    return kernel_findings("db1", table(listing(name)), read(text))


def named(objects: list[tuple[str, Any]], kind: str, name: str) -> Any:  # noqa: ANN401 - JSON
    return next(value for what, value in objects if what == kind and value.get("name") == name)


def rules(objects: list[tuple[str, Any]], chain: str) -> list[Any]:
    return [value for kind, value in objects if kind == "rule" and value["chain"] == chain]


def add_rule(objects: list[tuple[str, Any]], chain: str, *expression: Any, first: bool = True) -> None:  # noqa: ANN401
    at = next(index for index, (kind, value) in enumerate(objects) if kind == "rule" and value["chain"] == chain)
    rule = {"family": "inet", "table": "access", "chain": chain, "handle": 99, "expr": list(expression)}
    objects.insert(at if first else len(objects), ("rule", rule))


def match(left: str, right: Any) -> Any:  # noqa: ANN401 - JSON
    protocol, field = left.split()
    return {"match": {"op": "==", "left": {"payload": {"protocol": protocol, "field": field}}, "right": right}}


ACCEPT = {"accept": None}

# By kind, what is done to the listing of a db host, and what the finding is about.
CHANGES: dict[str, tuple[Callable[[list[tuple[str, Any]]], Any], str]] = {
    "table missing": (lambda o: o.clear(), "table inet access"),
    "element added": (lambda o: named(o, "set", "ssh_4")["elem"].append("192.0.2.66"), "192.0.2.66/32 in set ssh_4"),
    "element removed": (lambda o: named(o, "set", "ssh_4")["elem"].clear(), "198.18.14.1/32 in set ssh_4"),
    "element widened": (
        lambda o: named(o, "set", "ssh_4").update(elem=[{"prefix": {"addr": "198.18.14.0", "len": 24}}]),
        "198.18.14.0/24 in set ssh_4",
    ),
    "element narrowed": (
        lambda o: named(o, "set", "postgres_4").update(elem=["198.18.14.12"]),
        "198.18.14.12/31 in set postgres_4",
    ),
    "set missing": (lambda o: o.remove(("set", named(o, "set", "postgres_6"))), "set postgres_6"),
    "set added": (lambda o: o.append(("set", {**named(o, "set", "ssh_4"), "name": "friends"})), "set friends"),
    "set changed": (lambda o: named(o, "set", "ssh_4").update(flags=["interval", "timeout"]), "set ssh_4"),
    "rule added": (
        lambda o: add_rule(o, "service", match("tcp dport", 2222), ACCEPT),
        "tcp dport 2222 accept in chain service",
    ),
    "rule removed": (
        lambda o: o.remove(("rule", rules(o, "forward")[0])),
        "ct state established,related accept in chain forward",
    ),
    "rule changed": (
        lambda o: rules(o, "service")[1]["expr"][1]["match"].update(right={"range": [5000, 6000]}),
        "ip saddr @postgres_4 tcp dport 5000-6000 accept in chain service",
    ),
    "rules reordered": (lambda o: o.append(o.pop(o.index(("rule", rules(o, "forward")[0])))), "chain forward"),
    "chain policy flipped": (lambda o: named(o, "chain", "prerouting").update(policy="accept"), "chain prerouting"),
    "chain hook changed": (lambda o: named(o, "chain", "prerouting").update(prio=0), "chain prerouting"),
    "chain missing": (lambda o: o.remove(("chain", named(o, "chain", "input"))), "chain input"),
    "chain added": (lambda o: o.append(("chain", {"family": "inet", "table": "access", "name": "own"})), "chain own"),
    "strange object": (lambda o: o.append(("map", {"family": "inet", "table": "access", "name": "m"})), "map m"),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_table_as_listed_is_without_a_finding(version: str) -> None:
    assert kernel_findings("db1", table(listing(f"table-{version}")), table(listing(f"table-{version}"))) == []


@pytest.mark.parametrize("kind", CHANGES)
def test_what_happened_to_a_table_is_named(kind: str) -> None:
    change, subject = CHANGES[kind]
    found = changed("table-1.0.6", change)
    assert [(one.kind, one.subject) for one in found] == [(kind, subject)]
    assert found[0].repaired_by == "access.yml"
    assert all(text.endswith(".") for text in (found[0].expected, found[0].found, found[0].remedy))


def test_an_element_tells_whose_fate_it_changes() -> None:
    (found,) = changed("table-1.0.6", CHANGES["element widened"][0])
    assert (found.proto, found.ports) == ("tcp", "22")
    assert found.networks == ("198.18.14.0/24",)


def test_a_drop_before_the_accepts_is_a_rule_that_was_added() -> None:
    found = changed("table-1.1.3", lambda o: add_rule(o, "service", match("ip saddr", "198.18.14.14"), {"drop": None}))
    assert [(one.kind, one.subject) for one in found] == [("rule added", "ip saddr 198.18.14.14 drop in chain service")]


@pytest.mark.parametrize("version", VERSIONS)
def test_another_spelling_of_a_captured_table_is_no_difference(version: str) -> None:
    text = listing(f"table-{version}")
    for seed in range(EXAMPLES):
        assert kernel_findings("h", table(text), table(equivalents.listing(text, spelling(seed)))) == [], seed


@settings(max_examples=EXAMPLES, deadline=None)
@given(policies(), st.sampled_from(sorted(HOSTS)), st.integers(0, 2**32))
def test_another_spelling_of_any_table_is_no_difference_and_one_more_source_is(
    ours: Policy, host: str, seed: int
) -> None:
    text = listed(ruleset(ours, host))
    spelled = equivalents.listing(text, spelling(seed))
    assert kernel_findings(host, table(text), table(spelled)) == []
    stranger = table(spelled)
    more = json.dumps([match("ip saddr", "8.8.8.8"), ACCEPT])
    service = replace(stranger.chains["service"], rules=(more, *stranger.chains["service"].rules))
    found = kernel_findings(host, table(text), replace(stranger, chains={**stranger.chains, "service": service}))
    assert [one.kind for one in found] == ["rule added"]


@given(st.data())
def test_subtraction_is_what_sets_of_addresses_do(data: st.DataObject) -> None:
    networks = st.lists(
        st.tuples(st.integers(0, 255), st.integers(24, 32)).map(
            lambda d: ip_network((0x0A000000 | d[0], d[1]), strict=False)
        ),
        max_size=6,
    )
    these, those = data.draw(networks), data.draw(networks)

    def addresses(given: Any) -> set[Any]:  # noqa: ANN401 - networks
        return {address for network in given for address in network}

    assert addresses(subtract(these, those)) == addresses(these) - addresses(those)
    assert overlap(these, those) == bool(addresses(these) & addresses(those))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_form_that_nft_prints_is_read_and_said(version: str) -> None:
    objects = [next(iter(one.items())) for one in json.loads(listing(f"forms-{version}"))["nftables"]]
    said = [say(value["expr"]) for kind, value in objects if kind == "rule"]
    assert "ip saddr 10.0.0.0-10.0.0.255" in " ".join(said)
    assert "tcp dport { 22, 80-90 } ip saddr @big accept" in said
    assert "ip saddr { 10.0.0.0-10.0.1.6 } tcp dport { 80-90 } accept" in said


@pytest.mark.parametrize("version", VERSIONS)
def test_other_tables_that_drop_are_named_wherever_they_do(version: str) -> None:
    found = foreign_findings("db1", listing(f"forms-{version}"))
    assert {(one.kind, one.subject) for one in found} == {
        ("another table drops", "table ip foreign, chain input"),
        ("another table drops", "table ip foreign, chain sub"),
        ("another table drops", "table netdev nd, chain ing"),
    }
    assert sum("policy is drop" in one.found for one in found) == 1
    assert any("nft delete table netdev nd" in one.remedy for one in found)
    assert {one.repaired_by for one in found} == {""}


@pytest.mark.parametrize("engine", ["20.10", "26.1"])
def test_dockers_own_rules_are_no_finding(engine: str) -> None:
    assert foreign_findings("db1", listing(f"docker-{engine}")) == []


def iptables(chain: str, *expression: Any, hook: str = "input", policy: str = "accept") -> str:  # noqa: ANN401
    base = {"family": "ip", "table": "filter", "name": chain, "handle": 1}
    hooked = {**base, "type": "filter", "hook": hook, "prio": 0, "policy": policy}
    rule = {"family": "ip", "table": "filter", "chain": chain, "handle": 7, "expr": list(expression)}
    return json.dumps({"nftables": [{"chain": hooked}, {"rule": rule}]})


def test_a_drop_among_the_rules_of_iptables_is_named_with_the_command_that_takes_it_away() -> None:
    (found,) = foreign_findings("db1", iptables("INPUT", match("tcp dport", 22), {"drop": None}))
    assert "nft delete rule ip filter INPUT handle 7" in found.remedy
    (found,) = foreign_findings("db1", iptables("INPUT", {"xt": {"type": "target", "name": "REJECT"}}))
    assert found.subject == "table ip filter, chain INPUT"


def test_docker_closes_forward_and_shuts_out_neighbours_of_its_bridges_by_itself() -> None:
    bridge = {"match": {"op": "!=", "left": {"meta": {"key": "iifname"}}, "right": "br-1234"}}
    text = iptables("FORWARD", bridge, match("ip daddr", "172.17.0.2"), {"drop": None}, hook="forward", policy="drop")
    assert foreign_findings("db1", text) == []
    assert [one.subject for one in foreign_findings("db1", iptables("INPUT", ACCEPT, policy="drop"))] == [
        "table ip filter, chain INPUT"
    ]


UNITS: dict[str, dict[str, str | bool]] = {
    "access-firewall.service": {"enabled": "enabled", "masked": False},
    **{f"{name}.service": {"enabled": "masked", "masked": True} for name in ("nftables", "ufw", "firewalld")},
}


def test_a_host_that_is_ready_for_its_next_start_is_without_a_finding() -> None:
    assert list(boot_findings("db1", Boot([], False, "/etc/x", UNITS))) == []


def test_what_keeps_a_ruleset_from_the_next_start_is_named() -> None:
    units: dict[str, dict[str, str | bool]] = {
        **UNITS,
        "access-firewall.service": {"enabled": "disabled"},
        "ufw.service": {"masked": False},
    }
    found = list(boot_findings("db1", Boot(["/usr/local/sbin/x"], True, "/etc/x", units, 12.3)))
    assert [(one.kind, one.subject, one.repaired_by) for one in found] == [
        ("boot file differs", "/etc/x/confirmed.nft", "access.yml"),
        ("file differs", "/usr/local/sbin/x", "access.yml"),
        ("boot unit not enabled", "access-firewall.service", "access.yml"),
        ("rival not masked", "ufw.service", "access.yml"),
        ("confirmation pending", "table inet access", ""),
    ]


def test_a_grant_that_has_expired_and_still_stands_is_named_whoever_uses_it() -> None:
    past = {"cidr": "198.51.100.9/32", "owner": "ben", "expires": "2020-01-01T00:00Z"}
    assert policy_findings(SOURCES, NOW) == []
    (found,) = policy_findings({**SOURCES, "unused": [past]}, NOW)
    assert (found.kind, found.subject, found.repaired_by) == ("expired grant", "unused: 198.51.100.9/32 (ben)", "")
    assert "2020-01-01T00:00:00Z" in found.found


def look(*ports: tuple[str, str, int, str, str]) -> dict[str, Any]:
    keys = ("proto", "address", "port", "process", "container")
    return {
        "ports": [dict(zip(keys, port, strict=True)) for port in ports],
        "container_networks": ["172.17.0.0/16"],
        "ephemeral_ports": [32768, 60999],
    }


def test_what_waits_on_a_port_that_no_rule_opens_is_named_with_who_holds_it() -> None:
    found = port_findings(
        policy(),
        "db1",
        look(
            ("tcp", "0.0.0.0", 9999, "nc", ""),
            ("tcp", "::", 9999, "nc", ""),
            ("udp", "0.0.0.0", 40000, "", "rogue"),
            ("tcp", "0.0.0.0", 8080, "docker-proxy", "web"),
            ("tcp", "0.0.0.0", 5433, "", ""),
        ),
    )
    assert [(one.kind, one.subject) for one in found] == [
        ("port listening", "tcp 9999, nc"),
        ("port published", "udp 40000, container rogue"),
        ("port published", "tcp 8080, container web"),
        ("port listening", "tcp 5433, a process that cannot be named"),
    ]
    assert "docker rm -f rogue" in found[1].remedy
    assert "0.0.0.0, ::" in found[0].found


def test_what_others_cannot_reach_and_clients_are_no_ports_that_wait() -> None:
    assert (
        port_findings(
            policy(),
            "db1",
            look(
                ("tcp", "0.0.0.0", 5432, "docker-proxy", "postgres"),
                ("tcp", "::", 22, "sshd", ""),
                ("tcp", "127.0.0.1", 9999, "nc", ""),
                ("tcp", "::1", 9999, "nc", ""),
                ("udp", "127.0.0.53", 53, "resolved", ""),
                ("tcp", "172.17.0.1", 9999, "nc", ""),
                ("udp", "0.0.0.0", 68, "dhclient", ""),
                ("udp", "fe80::1", 546, "networkd", ""),
                ("udp", "0.0.0.0", 43210, "resolver", ""),
            ),
        )
        == []
    )


def wanted(tier: str, ours: Policy | None = None) -> Rules:
    return Rules(permissions(ours or policy(), tier, NOW, TIERS), egress())


def told(rules: Rules) -> dict[str, Any]:
    """Return a group as DescribeSecurityGroups tells it."""
    ids = {tier: f"sg-{tier}" for tier in TIERS}
    ways = zip(("IpPermissions", "IpPermissionsEgress"), rules, strict=True)
    return {"OwnerId": "1", **{way: [to_api(one, ids) for one in given] for way, given in ways}}


def judged(tier: str, has: Rules, wants: Rules | None = None) -> list[tuple[str, str]]:
    found = group_findings(tier, wants or wanted(tier), Group("sg-1", has), NOW)
    assert all(one.repaired_by == "access.yml" for one in found)
    return [(one.kind, one.subject) for one in found]


def changed_group(tier: str, drop: int = 0, *more: Permission) -> Rules:
    rules = wanted(tier)
    return Rules([*rules.ingress[drop:], *more], rules.egress)


def test_a_group_as_wanted_is_without_a_finding() -> None:
    for tier in TIERS:
        assert judged(tier, wanted(tier)) == []


def test_rules_of_a_group_that_came_went_or_were_widened_are_named() -> None:
    stranger = Permission("tcp", Ports(5432, 5432), ip_network("192.0.2.66/32"), "a friend")
    assert judged("db", changed_group("db", 0, stranger)) == [("rule added", "tcp 5432 from 192.0.2.66/32 (a friend)")]
    gone = wanted("db").ingress[0]
    assert judged("db", changed_group("db", 1)) == [("rule removed", gone.line())]
    wide = replace(gone, peer=ip_network("203.0.113.0/24"))
    assert judged("db", changed_group("db", 0, wide)) == [("rule widened", wide.line())]
    every = Permission("-1", None, ip_network("192.0.2.66/32"))
    assert judged("db", changed_group("db", 0, every)) == [("rule added", "everything from 192.0.2.66/32")]
    (api,) = wanted("backend").ingress[-1:]
    narrow = Rules([*wanted("backend").ingress[:-1], replace(api, ports=Ports(8001, 8001))], egress())
    assert ("rule narrowed", api.line()) in judged("backend", narrow)


def test_a_description_that_differs_and_an_exit_that_was_shut_are_named() -> None:
    rules = wanted("db")
    other = Rules([replace(rules.ingress[0], description="mine"), *rules.ingress[1:]], rules.egress[:1])
    assert judged("db", other) == [
        ("description differs", replace(rules.ingress[0], description="").line()),
        ("egress rule removed", rules.egress[1].line("to")),
    ]


def test_the_rule_of_a_grant_that_expired_is_named_as_such() -> None:
    left = Permission(
        "tcp", Ports(5432, 5432), ip_network("198.51.100.9/32"), "postgres: ben, until 2020-01-01T00:00:00Z"
    )
    assert judged("db", changed_group("db", 0, left)) == [("expired grant left", left.line())]


def test_a_group_that_is_missing_is_named() -> None:
    (found,) = group_findings("db", wanted("db"), None, NOW)
    assert (found.kind, found.repaired_by) == ("group missing", "provision.yml")


@settings(max_examples=EXAMPLES, deadline=None)
@given(policies(), st.sampled_from(TIERS), st.integers(0, 2**32))
def test_another_spelling_of_a_group_is_no_difference_and_one_more_source_is(
    ours: Policy, tier: str, seed: int
) -> None:
    wants = wanted(tier, ours)
    spelled = equivalents.group(told(wants), spelling(seed))
    has = read_group(spelled, {f"sg-{tier}": tier for tier in TIERS})
    assert judged(tier, has, wants) == []
    stranger = Permission("tcp", Ports(1, 1), ip_network("8.8.8.8/32"), "a friend")
    kinds = {kind for kind, _ in judged(tier, Rules([*has.ingress, stranger], has.egress), wants)}
    opened = any(
        one.proto == "tcp" and one.ports and one.ports.first == 1 and one.peer == ip_network("0.0.0.0/0")
        for one in wants.ingress
    )
    assert opened or kinds == {"rule added"}


def test_instances_carry_the_groups_of_their_tiers_and_no_other() -> None:
    groups = {tier: f"sg-{tier}" for tier in TIERS}
    right = {"id": "i-1", "addresses": ["198.18.0.14"], "groups": {"sg-edge": "edge", "sg-frontend": "frontend"}}
    assert instance_findings(policy(), [right], groups) == []
    wrong = {"id": "i-2", "addresses": ["198.18.0.11"], "groups": {"sg-0": "default", "sg-edge": "edge"}}
    other = {"id": "i-3", "addresses": ["10.9.9.9"], "groups": {"sg-0": "default"}}
    found = instance_findings(policy(), [right, wrong, other], groups)
    assert [(one.host_or_group, one.kind, one.subject) for one in found] == [
        ("db1", "foreign group", "i-2 and sg-0 (default)"),
        ("db1", "group of another tier", "i-2 and sg-edge (edge)"),
        ("db1", "group not attached", "i-2 and sg-db (db)"),
    ]
    assert "aws ec2 modify-instance-attribute --instance-id i-2 --groups sg-db" in found[0].remedy
