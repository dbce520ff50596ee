"""The policy as permissions of EC2 security groups: one group a tier, references between tiers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

from .model import ALL, Grant, Network, Policy, Ports, holds
from .policy import DESCRIPTION, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

EVERY = "-1"
# IANA's numbers, which EC2 takes as names where there are such (EC2 API, IpPermission).
PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": EVERY}
ICMP = ("icmp", "icmpv6")
NO_DESCRIPTION = re.compile(f"[^{DESCRIPTION}]")
# Characters (EC2 API, IpRange).
LONGEST_DESCRIPTION = 255

Peer = Network | str
Members = dict[str, tuple[Network, ...]]


class Key(NamedTuple):
    """What makes a permission the one it is for EC2: two with the same cannot stand in one group."""

    proto: str
    ports: Ports | None
    peer: Peer


@dataclass(frozen=True)
class Permission:
    """One line of a security group.

    Args:
        proto: ``tcp``, ``udp``, ``icmp``, ``icmpv6``, a number, or ``-1`` for every one.
        ports: The ports; of ICMP, type and code; None for all.
        peer: A network; a tier, whose group is referred to; or the ID of another group (``account/sg-…`` where it is
            another account's) or of a prefix list.
        description: Why it is there.
    """

    proto: str
    ports: Ports | None
    peer: Peer
    description: str = ""

    @property
    def key(self) -> Key:
        """Return what makes it the one it is."""
        return Key(self.proto, self.ports, self.peer)

    def line(self, way: str = "from") -> str:
        """Return it as people read it; `way` is ``from`` or ``to``."""
        known = isinstance(self.peer, str) and not re.search(r"(^|/)(sg|pl)-", self.peer)
        peer = f"tier {self.peer}" if known else str(self.peer)
        proto = "everything" if self.proto == EVERY else self.proto
        return f"{proto}{self._ports()} {way} {peer}" + (f" ({self.description})" if self.description else "")

    def _ports(self) -> str:
        if self.proto == EVERY:
            return ""
        if self.ports is None:
            return " all"
        if self.proto in ICMP:
            return f" {self.ports.first}" if self.ports.last == -1 else f" {self.ports.first}/{self.ports.last}"
        return f" {self.ports}"

    def to_dict(self) -> dict[str, str]:
        """Return it in plain words, as module security_group_rules takes it."""
        ports = "" if self.ports is None else str(self.ports)
        return {"proto": self.proto, "ports": ports, "peer": str(self.peer), "description": self.description}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Permission:
        """Return what `to_dict` made plain.

        Raises:
            ValueError: Its ports are none.
        """
        first, _, last = given["ports"].partition("-")
        ports = Ports(int(first), int(last or first)) if first else None
        try:
            peer: Peer = ip_network(given["peer"])
        except ValueError:
            peer = given["peer"]
        return cls(given["proto"], ports, peer, given.get("description") or "")


class Changes(NamedTuple):
    """What makes one list of permissions another. `redescribe` holds them with their new descriptions."""

    authorize: list[Permission]
    revoke: list[Permission]
    redescribe: list[Permission]


class Rules(NamedTuple):
    """What a group lets in, and what it lets out."""

    ingress: list[Permission]
    egress: list[Permission]

    def lines(self) -> list[str]:
        """Return them as people read them, a line each."""
        return [one.line() for one in self.ingress] + [one.line("to") for one in self.egress]


class Step(NamedTuple):
    """One call to EC2: ``authorize``, ``revoke`` or ``redescribe`` these."""

    verb: str
    permissions: list[Permission]


def permissions(policy: Policy, tier: str, now: float, tiers: Iterable[str]) -> list[Permission]:
    """Return who may reach the hosts of a tier, in order.

    Args:
        policy: The access policy.
        tier: The tier whose group it is.
        now: Seconds since the epoch: grants that have expired are left out, since EC2 knows no expiry.
        tiers: Every tier that has a group: what ``all`` stands for as a source.
    """
    found: dict[Key, tuple[float, Permission]] = {}
    for rule in policy.rules:
        if tier not in rule.to and ALL not in rule.to:
            continue
        grants = [grant for source in rule.tiers for grant in policy.public_grants(rule, source)]
        referred = dict.fromkeys(name for source in rule.tiers for name in (tiers if source == ALL else [source]))
        nothing = Grant(ip_network("0.0.0.0/0"))
        wished: list[tuple[Peer, Grant]] = [(name, nothing) for name in referred]
        wished += [(grant.network, grant) for grant in [*grants, *rule.grants] if grant.live(now)]
        for peer, grant in wished:
            for ports in rule.ports:
                one = Permission(rule.proto, ports, peer, describe(rule.name, grant))
                until = float("inf") if grant.expires is None else grant.expires
                # Of two that EC2 holds to be the same, the one that lasts longer says why.
                if one.key not in found or found[one.key][0] < until:
                    found[one.key] = until, one
    return ordered(one for _, one in found.values())


def egress() -> list[Permission]:
    """Return what hosts may reach: everything. What they may not is not the access policy's to say."""
    return [Permission(EVERY, None, ip_network(network), "everything") for network in ("0.0.0.0/0", "::/0")]


def describe(rule: str, grant: Grant) -> str:
    """Return the description of a permission, in the characters that EC2 takes."""
    until = f", until {say(grant.expires)}" if grant.expires is not None else ""
    why = ", ".join(filter(None, (grant.owner, grant.reason)))
    text = " ".join(NO_DESCRIPTION.sub("_", f"{rule}: {why}" if why else rule).split())
    return text[: LONGEST_DESCRIPTION - len(until)].rstrip() + until


def read(group: Mapping[str, Any], tiers: Mapping[str, str]) -> Rules:
    """Return what a group lets in and what it lets out, in order.

    Args:
        group: One of what ``DescribeSecurityGroups`` answers.
        tiers: The tier of each group's ID.
    """
    ways = ("IpPermissions", "IpPermissionsEgress")
    return Rules(
        *(
            ordered(one for given in group.get(way, []) for one in _read(given, tiers, group.get("OwnerId", "")))
            for way in ways
        )
    )


def _read(given: Mapping[str, Any], tiers: Mapping[str, str], account: str) -> list[Permission]:
    """Return the permissions that EC2 tells as one, since they have protocol and ports in common."""
    name = str(given["IpProtocol"]).lower()
    proto = PROTOCOLS.get(name, name)
    first, last = given.get("FromPort"), given.get("ToPort")
    every = first is None or last is None or proto == EVERY or (proto in ICMP and first == -1)
    ports = None if every else Ports(int(given["FromPort"]), int(given["ToPort"]))
    peers: list[tuple[Peer, Mapping[str, Any]]] = []
    peers += [(ip_network(item["CidrIp"]), item) for item in given.get("IpRanges", [])]
    peers += [(ip_network(item["CidrIpv6"]), item) for item in given.get("Ipv6Ranges", [])]
    for item in given.get("UserIdGroupPairs", []):
        owner = item.get("UserId") or account
        foreign = item["GroupId"] if owner == account else f"{owner}/{item['GroupId']}"
        peers.append((tiers.get(item["GroupId"], foreign), item))
    peers += [(item["PrefixListId"], item) for item in given.get("PrefixListIds", [])]
    return [Permission(proto, ports, peer, item.get("Description") or "") for peer, item in peers]


def to_api(permission: Permission, ids: Mapping[str, str]) -> dict[str, Any]:
    """Return a permission as EC2 takes it (``IpPermission``); `ids` has the group's ID of each tier."""
    words: dict[str, Any] = {"IpProtocol": permission.proto}
    if permission.ports is not None:
        words |= {"FromPort": permission.ports.first, "ToPort": permission.ports.last}
    elif permission.proto in ICMP:
        words |= {"FromPort": -1, "ToPort": -1}
    elif permission.proto in {"tcp", "udp"}:
        words |= {"FromPort": 0, "ToPort": 65535}
    described = {"Description": permission.description} if permission.description else {}
    if isinstance(permission.peer, IPv4Network):
        return words | {"IpRanges": [{"CidrIp": str(permission.peer), **described}]}
    if isinstance(permission.peer, IPv6Network):
        return words | {"Ipv6Ranges": [{"CidrIpv6": str(permission.peer), **described}]}
    owner, _, name = permission.peer.rpartition("/")
    if name.startswith("pl-"):
        return words | {"PrefixListIds": [{"PrefixListId": name, **described}]}
    owned = {"UserId": owner} if owner else {}
    return words | {"UserIdGroupPairs": [{"GroupId": ids.get(name, name), **owned, **described}]}


def ordered(given: Iterable[Permission]) -> list[Permission]:
    """Return permissions in the one order that they are shown in."""

    def rank(one: Permission) -> tuple[str, tuple[int, int], bool, int, tuple[int, int], str]:
        ports = (-1, -1) if one.ports is None else (one.ports.first, one.ports.last)
        if isinstance(one.peer, str):
            return one.proto, ports, False, 0, (0, 0), one.peer
        network = int(one.peer.network_address), one.peer.prefixlen
        return one.proto, ports, True, one.peer.version, network, ""

    return sorted(given, key=rank)


def changes(existing: Iterable[Permission], wanted: Iterable[Permission]) -> Changes:
    """Return what makes `existing` exactly `wanted`, descriptions included."""
    before, after = {one.key: one for one in existing}, {one.key: one for one in wanted}
    return Changes(
        [one for key, one in after.items() if key not in before],
        [one for key, one in before.items() if key not in after],
        [one for key, one in after.items() if key in before and before[key].description != one.description],
    )


def steps(existing: Sequence[Permission], wanted: Sequence[Permission], members: Members | None = None) -> list[Step]:
    """Return the calls that make `existing` exactly `wanted`, in order.

    Nothing that both let through is shut in between, and nothing opens that neither lets through. What has nothing in
    common with the wanted ones goes first: it makes room, of which a group has little (60 rules, Amazon VPC quotas).
    """
    to_do = changes(existing, wanted)
    stray = [one for one in to_do.revoke if not any(meet(one.key, other.key, members) for other in wanted)]
    rest = [one for one in to_do.revoke if one not in stray]
    wished = [
        Step("revoke", stray),
        Step("authorize", to_do.authorize),
        Step("revoke", rest),
        Step("redescribe", to_do.redescribe),
    ]
    return [step for step in wished if step.permissions]


def target(before: Rules, wanted: list[Permission], members: Members | None = None, *, only_narrow: bool) -> Rules:
    """Return what a group is to have: what is wanted, or only what it has of that."""
    if only_narrow:
        # Hosts may reach everything, so there is nothing to narrow; what somebody took from that comes back later.
        return Rules(transition(before.ingress, wanted, members), before.egress)
    return Rules(ordered(wanted), egress())


def tell(before: Rules, after: Rules) -> dict[str, list[str]]:
    """Return the rules that come, go, and get another description, a line each."""
    ways = [changes(one, two) for one, two in zip(before, after, strict=True)]
    words = {"authorized": "authorize", "revoked": "revoke", "redescribed": "redescribe"}
    return {word: Rules(*(getattr(way, field) for way in ways)).lines() for word, field in words.items()}


def transition(
    existing: Iterable[Permission], wanted: Iterable[Permission], members: Members | None = None
) -> list[Permission]:
    """Return the permissions that let through what both let through, and no more.

    With them a group is narrowed before the hosts learn of a new policy: what that no longer has is shut, and what old
    and new have in common is never.

    Args:
        existing: What the group has.
        wanted: What the policy wants it to have.
        members: By tier, the private addresses of its hosts. With them, a network and a reference have in common what
            they both hold; without, nothing.
    """
    before, after = {one.key: one for one in existing}, {one.key: one for one in wanted}
    kept = {key: one for key, one in after.items() if key in before}
    parts: dict[Key, Permission] = {}
    for new in after.values():
        for old in before.values():
            for key in meet(new.key, old.key, members):
                part = replace(new, proto=key.proto, ports=key.ports, peer=key.peer)
                # What is there stays as it is, word for word, until it goes.
                parts.setdefault(key, after.get(key) or before.get(key) or part)
    # Of the others, those that another one holds are of no use.
    kept |= {
        key: one
        for key, one in parts.items()
        if key not in kept and not any(key != other and meet(key, other) == [key] for other in parts)
    }
    return ordered(kept.values())


def meet(one: Key, two: Key, members: Members | None = None) -> list[Key]:
    """Return what two permissions have in common: nothing, one, or a few where a tier's hosts are named one by one."""
    if one.proto == two.proto:
        proto, shared = one.proto, _shared(one.proto, one.ports, two.ports)
    elif EVERY in {one.proto, two.proto}:
        narrow = two if one.proto == EVERY else one
        proto, shared = narrow.proto, [narrow.ports]
    else:
        return []
    return [Key(proto, ports, peer) for ports in shared for peer in _peers(one.peer, two.peer, members or {})]


def _shared(proto: str, one: Ports | None, two: Ports | None) -> list[Ports | None]:
    """Return the ports that two ranges share, if any."""
    if one is None or two is None:
        return [two if one is None else one]
    if proto in ICMP:
        # A type and a code, of which -1 stands for every one.
        if one == two or (one.first == two.first and -1 in {one.last, two.last}):
            return [max(one, two)]
        return []
    return [Ports(max(one.first, two.first), min(one.last, two.last))] if one.meets(two) else []


def _peers(one: Peer, two: Peer, members: Members) -> list[Peer]:
    """Return who is in both."""
    if one == two:
        return [one]
    mine, theirs = ([peer] if not isinstance(peer, str) else list(members.get(peer, ())) for peer in (one, two))
    both: list[Peer] = [
        a if holds(b, a) else b  # of two networks with an address in common, one holds the other
        for a in mine
        for b in theirs
        if holds(a, b) or holds(b, a)
    ]
    both = list(dict.fromkeys(both))
    if both and set(both) == set(mine):
        return [one]
    return [two] if both and set(both) == set(theirs) else both
