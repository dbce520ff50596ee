"""Reads the access policy as people write it, and refuses what it cannot mean, all at once and in whole sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from ipaddress import IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from .model import ALL, FAMILIES, Grant, Host, Network, Policy, Ports, Rule
from .verdict import allows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ANYWHERE = "anywhere"
ENDPOINTS = ("private", "elastic_ip")
DB = "db"
# The characters that the description of a security group's rule may hold (EC2 API, IpRange), for use inside [].
DESCRIPTION = r"a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*"
# Rules in one direction of one security group (Amazon VPC quotas); IPv4 and IPv6 are counted apart.
MOST_GROUP_RULES = 60
# Sources wider than these are the whole internet by another name.
WIDEST = {4: 8, 6: 32}


class PolicyError(ValueError):
    """The policy cannot be used. Each of `problems` is one sentence with its remedy."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass
class _Reader:
    """Collects problems while it reads; `at` says where it is."""

    now: float
    known_tiers: frozenset[str]
    lenient: bool
    problems: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)

    def refuse(self, at: str, sentence: str) -> None:
        self.problems.append(f"{at}: {sentence}")

    def keys(self, at: str, given: Any, needed: set[str], optional: set[str]) -> bool:  # noqa: ANN401 - what YAML holds
        if not isinstance(given, dict):
            self.refuse(
                at, f"{given!r} is not a mapping; write {{{', '.join(f'{key}: …' for key in sorted(needed))}}}."
            )
            return False
        names = {str(key) for key in given}
        for key in sorted(needed - names):
            self.refuse(at, f"{key} is missing; add it.")
        for key in sorted(names - needed - optional):
            near = get_close_matches(key, needed | optional, 1)
            self.refuse(at, f"there is no {key}; " + (f"did you mean {near[0]}?" if near else "take it out."))
        return needed <= names

    def network(self, at: str, text: Any) -> Network | None:  # noqa: ANN401 - what YAML holds
        try:
            network = ip_network(str(text))
        except ValueError as error:
            remedy = "write it as 198.51.100.7/32 or 2001:db8::/64"
            if "host bits" in str(error):
                remedy = (
                    f"it has host bits set; write {ip_network(str(text), strict=False)}, or /32 (/128) for one address"
                )
            self.refuse(at, f"{text!r} is not a network: {remedy}.")
            return None
        if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
            self.refuse(at, f"{text} stands for an IPv4 address; write that.")
            return None
        return network

    def moment(self, at: str, given: Any) -> int | None:  # noqa: ANN401 - what YAML holds
        remedy = 'write a moment with its time zone, such as "2026-12-01T18:00Z"'
        try:
            moment = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
        except ValueError:
            self.refuse(at, f"{given!r} is no moment; {remedy}.")
            return None
        if moment.tzinfo is None or (isinstance(given, date) and not isinstance(given, datetime)):
            self.refuse(at, f"{given} has no time zone; {remedy}.")
            return None
        seconds = int(moment.timestamp())
        if seconds <= self.now:
            sentence = f"{given} has passed; take the line out, or set a later moment."
            self.expired.append(f"{at}: {sentence}")
            if not self.lenient:
                self.refuse(at, sentence)
        return seconds

    def words(self, at: str, key: str, given: Any, most: int) -> str:  # noqa: ANN401 - what YAML holds
        text = str(given)
        if not re.fullmatch(f"[{DESCRIPTION}]*", text):
            self.refuse(at, f"{key} may hold letters, digits, spaces and ._-:/()#,@[]+=&;{{}}!$* only (EC2's rule).")
        elif len(text) > most:
            self.refuse(at, f"{key} has {len(text)} characters; write at most {most}.")
        return text

    def grant(self, at: str, given: Any) -> Grant | None:  # noqa: ANN401 - what YAML holds
        if not isinstance(given, dict):
            network = self.network(at, given)
            return Grant(network) if network else None
        if not self.keys(at, given, {"cidr"}, {"owner", "reason", "expires"}):
            return None
        network = self.network(f"{at}, cidr", given["cidr"])
        expires = self.moment(f"{at}, expires", given["expires"]) if "expires" in given else None
        owner = self.words(at, "owner", given.get("owner", ""), 40)
        reason = self.words(at, "reason", given.get("reason", ""), 120)
        return Grant(network, owner, reason, expires) if network else None

    def sources(self, given: Any) -> dict[str, tuple[Grant, ...]]:  # noqa: ANN401 - what YAML holds
        found: dict[str, tuple[Grant, ...]] = {}
        if not isinstance(given, dict):
            self.refuse("access_sources", f"{given!r} is not a mapping of names to lists of networks.")
            return found
        for name, entries in given.items():
            at = f"access_sources, {name}"
            if name in self.known_tiers or name in {ANYWHERE, ALL}:
                self.refuse(at, "the name is taken by a tier, all or anywhere; choose another.")
            if not isinstance(entries, list):
                self.refuse(at, f"{entries!r} is not a list; write [198.51.100.7/32].")
                continue
            read = [self.grant(f"{at}[{index}]", entry) for index, entry in enumerate(entries)]
            found[str(name)] = tuple(grant for grant in read if grant)
        return found

    def ports(self, at: str, given: Any) -> tuple[Ports, ...]:  # noqa: ANN401 - what YAML holds
        found: list[Ports] = []
        for item in given if isinstance(given, list) else [given]:
            match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", str(item))
            ports = Ports(int(match[1]), int(match[2] or match[1])) if match else None
            if ports is None or not 1 <= ports.first <= ports.last <= 65535:  # noqa: PLR2004 - the last port there is
                self.refuse(at, f'{item!r} is no port; write 5432, "8001-8002", or a list of them (1 to 65535).')
            else:
                found.append(ports)
        if given == []:
            self.refuse(at, "there is none; name one.")
        return _merge(found)

    def rule(self, at: str, given: Mapping[str, Any], sources: Mapping[str, tuple[Grant, ...]]) -> Rule | None:
        before = len(self.problems)
        name = str(given["name"])
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,23}", name):
            self.refuse(f"{at}, name", "write at most 24 small letters, digits and _, a letter first.")
        proto = given["proto"]
        if proto not in {"tcp", "udp"}:
            self.refuse(f"{at}, proto", f"{proto!r} is neither tcp nor udp.")
        revoke = given.get("revoke", "keep")
        if revoke not in {"cut", "keep"}:
            self.refuse(f"{at}, revoke", f"{revoke!r} is neither cut nor keep.")
        ports = self.ports(f"{at}, port", given["port"])
        to = self.names(f"{at}, to", given["to"], self.known_tiers | {ALL})
        tiers: list[str] = []
        grants: list[Grant] = []
        for source in self.names(f"{at}, from", given["from"], self.known_tiers | {ALL, ANYWHERE} | set(sources)):
            if source == ANYWHERE:
                grants += [Grant(ip_network("0.0.0.0/0")), Grant(ip_network("::/0"))]
            elif source in sources:
                grants += [Grant(g.network, g.owner or source, g.reason, g.expires) for g in sources[source]]
            else:
                tiers.append(source)
        if len(self.problems) > before:
            return None
        return Rule(name, tuple(to), proto, ports, tuple(tiers), tuple(dict.fromkeys(grants)), revoke == "cut")

    def names(self, at: str, given: Any, known: frozenset[str] | set[str]) -> list[str]:  # noqa: ANN401 - what YAML holds
        if not isinstance(given, list) or not given:
            self.refuse(at, f"{given!r} is not a list of names; write one, such as [{min(known)}].")
            return []
        for name in given:
            if name not in known:
                near = get_close_matches(str(name), known, 1)
                remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}."
                self.refuse(at, f"there is no {name!r}; {remedy}")
        return list(dict.fromkeys(name for name in given if name in known))


def _merge(ports: Iterable[Ports]) -> tuple[Ports, ...]:
    """Return the fewest ranges that hold the same ports."""
    merged: list[Ports] = []
    for one in sorted(ports):
        if merged and one.first <= merged[-1].last + 1:
            merged[-1] = Ports(merged[-1].first, max(merged[-1].last, one.last))
        else:
            merged.append(one)
    return tuple(merged)


def _host(reader: _Reader, name: str, given: Mapping[str, Any]) -> Host:
    """Return a host of the inventory; its addresses must be such."""
    addresses: dict[str, list[Any]] = {}
    for kind in ("private", "public"):
        addresses[kind] = []
        for text in filter(None, given.get(kind, [])):
            try:
                addresses[kind].append(ip_address(str(text)))
            except ValueError:
                reader.refuse(f"inventory, {name}, {kind} address", f"{text!r} is no address; correct it.")
    if not addresses["private"]:
        reader.refuse(f"inventory, {name}", "it has no private_address, by which other hosts know it; add one.")
    return Host(frozenset(given["tiers"]), tuple(addresses["private"]), tuple(addresses["public"]))


def parse(
    rules: list[Any],
    sources: Mapping[str, Any],
    hosts: Mapping[str, Mapping[str, Any]],
    now: float,
    *,
    tiers: Iterable[str] = ("db", "backend", "frontend", "edge", "build"),
    endpoint: str = "private",
    database_port: int = 5432,
    group_rules: int = MOST_GROUP_RULES,
    lenient: bool = False,
) -> Policy:
    """Read a policy.

    Args:
        rules: ``access_policy`` as YAML has it.
        sources: ``access_sources`` as YAML has it.
        hosts: By name: ``tiers``, and lists of ``private`` and ``public`` addresses. A host may have no public one.
        now: Seconds since the epoch, against which expiries are judged.
        tiers: Names of the tiers that there may be, with or without hosts.
        endpoint: How clients reach the database: ``private`` or ``elastic_ip``.
        database_port: The port that must never be open to the whole internet.
        group_rules: How many rules a security group may have; 0 where none is made from the policy.
        lenient: Let a grant that has expired pass: it counts for nothing.

    Raises:
        PolicyError: Something in it cannot be meant; all that is wrong, at once.
    """
    known = frozenset(tiers) | {tier for host in hosts.values() for tier in host["tiers"]}
    reader = _Reader(now, known, lenient)
    if endpoint not in ENDPOINTS:
        reader.refuse("access_db_endpoint", f"{endpoint!r} is neither {' nor '.join(ENDPOINTS)}.")
    read_hosts = {name: _host(reader, name, given) for name, given in hosts.items()}
    read_sources = reader.sources(sources)
    read_rules: list[Rule] = []
    if not isinstance(rules, list):
        reader.refuse("access_policy", f"{rules!r} is not a list of rules.")
        rules = []
    names: set[str] = set()
    for index, given in enumerate(rules):
        named = isinstance(given, dict) and "name" in given
        at = f"access_policy, rule {given['name'] if named else index + 1}"
        if not reader.keys(at, given, {"name", "to", "proto", "port", "from"}, {"revoke"}):
            continue
        if given["name"] in names:
            reader.refuse(at, "another rule has this name; choose a second one.")
        names.add(given["name"])
        rule = reader.rule(at, given, read_sources)
        if rule:
            read_rules.append(rule)
    public = frozenset({DB} if endpoint == "elastic_ip" else ())
    policy = Policy(tuple(read_rules), read_hosts, public)
    reader.problems += [*_open_database(policy, database_port), *_no_public_address(policy)]
    if group_rules:
        reader.problems += _too_many(policy, known, group_rules)
    if reader.problems:
        raise PolicyError(dict.fromkeys(reader.problems))
    return policy


def _open_database(policy: Policy, port: int) -> list[str]:
    """Return the rules that let the whole internet try passwords on the database."""
    at = Ports(port, port)
    return [
        f"access_policy, rule {rule.name}, from: {grant.network} opens the database (port {port}) to the internet; "
        f"name networks of at most /{WIDEST[4]} (IPv4) or /{WIDEST[6]} (IPv6)."
        for rule in policy.rules
        if rule.proto == "tcp" and {DB, ALL}.intersection(rule.to) and any(ports.meets(at) for ports in rule.ports)
        for grant in rule.grants
        if grant.network.prefixlen < WIDEST[grant.network.version]
    ]


def _no_public_address(policy: Policy) -> list[str]:
    """Return the hosts that would have to come over a public address, and have none."""
    if not policy.public_tiers:
        return []
    tiers = {tier for rule in policy.rules if policy.public_tiers.intersection(rule.to) for tier in rule.tiers}
    return [
        f"inventory, {name}: access_db_endpoint is elastic_ip, but it has no public_address at which "
        "the database sees it; add one, or choose private."
        for name, host in policy.hosts.items()
        if not host.public and (ALL in tiers or tiers.intersection(host.tiers - policy.public_tiers))
    ]


def _too_many(policy: Policy, tiers: Iterable[str], most: int) -> list[str]:
    """Return the tiers whose security group would not hold its rules."""
    problems: list[str] = []
    for tier in sorted(tiers):
        counts = dict.fromkeys(FAMILIES, 0)
        for rule in policy.rules:
            if tier not in rule.to and ALL not in rule.to:
                continue
            # A reference to a group counts once, for both families.
            referred = len(set(tiers)) if ALL in rule.tiers else len(rule.tiers)
            addresses = {grant.network for grant in rule.grants}
            for source in rule.tiers:
                addresses.update(grant.network for grant in policy.public_grants(rule, source))
            for family in FAMILIES:
                own = sum(network.version == family for network in addresses)
                counts[family] += len(rule.ports) * (referred + own)
        if max(counts.values()) > most:
            problems.append(
                f"access_policy: the security group of {tier} would need {max(counts.values())} rules, and EC2 allows "
                f"{most}; name fewer, wider sources, or merge ports into ranges."
            )
    return problems


def locked_out(
    policy: Policy, controllers: Mapping[str, str], ports: Mapping[str, int], now: float, margin: float = 0
) -> list[str]:
    """Return a sentence for each host that the controller could no longer log in to.

    Args:
        policy: The access policy.
        controllers: By host, the address that it sees this controller come from.
        ports: By host, the port of SSH.
        now: Seconds since the epoch.
        margin: Seconds for which the access has to last at least.
    """
    return [
        f"access_policy: {host} sees this controller at {address}, which could no longer reach its port {ports[host]} "
        "(SSH); add that address to a source of the rule for SSH."
        for host, address in controllers.items()
        if not allows(policy, host, address, "tcp", ports[host], now + margin)
    ]


def expired(sources: Mapping[str, Any], now: float) -> list[tuple[str, Grant]]:
    """Return the grants that have ended, used or not, with the names that they stand under.

    Args:
        sources: ``access_sources`` as YAML has it.
        now: Seconds since the epoch.
    """
    read = _Reader(now, frozenset(), lenient=True).sources(sources)
    return [(name, grant) for name, grants in read.items() for grant in grants if not grant.live(now)]


def nobody_logs_in(policy: Policy, ports: Iterable[int]) -> list[str]:
    """Return a sentence for each port of SSH that the policy opens to no one."""
    opened = [rule for rule in policy.rules if rule.proto == "tcp" and policy.grants(rule)]
    return [
        f"access_policy lets nobody reach port {port} (SSH); add the address that your hosts see you come from "
        "to operators, in access_sources of group_vars."
        for port in sorted(set(ports))
        if not any(ports.first <= port <= ports.last for rule in opened for ports in rule.ports)
    ]


def say(moment: int) -> str:
    """Return a moment the way the policy writes it, to the second, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
