"""The policy as an nftables table for one host.

Docker publishes a port by translating the destination before any INPUT filter sees the packet. So the verdict is taken
earlier: in prerouting, after connection tracking (-200) and before that translation (-100), on the port that the
client really asked for. Priorities: Linux, include/uapi/linux/netfilter_ipv4.h.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .model import FAMILIES, collapse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .model import Grant, Policy, Ports, Rule

    # How a rule names the sources of one family in a match: a set, a network, or "" for everyone.
    Match = Callable[[Rule, int, str], str]

TABLE = "access"
FAMILY = "inet"
# Docker's own bridge, and those of its networks.
BRIDGES = ('"docker0"', '"br-*"')

_IP = {4: "ip", 6: "ip6"}
_TYPE = {4: "ipv4_addr", 6: "ipv6_addr"}
# What an address needs to be reached at all, and told of trouble: RFC 792 and 1191 (path MTU), RFC 4890 section 4.4.
_ESSENTIAL = (
    "icmp type { destination-unreachable, time-exceeded, parameter-problem, echo-request } accept",
    "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem, echo-request } accept",
    # Neighbour discovery never crosses a router, which would have lowered the hop limit (RFC 4861 section 11.2).
    "ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-router-advert } accept",
    "ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept",
    "icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } accept",
    # The host's own address, from DHCP (RFC 2131 section 4.1) and DHCPv6 (RFC 8415 section 7.2).
    "udp sport 67 udp dport 68 accept",
    "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
)


@dataclass(frozen=True)
class NamedSet:
    """Networks by name. They never overlap, nor touch."""

    name: str
    family: int
    elements: tuple[str, ...]

    def text(self) -> str:
        """Return it as nft reads it."""
        inside = f"type {_TYPE[self.family]}; flags interval; elements = {{ {', '.join(self.elements)} }}"
        return f"  set {self.name} {{ {inside}; }}"


@dataclass(frozen=True)
class Chain:
    """A chain; `hook` is empty where others lead to it."""

    name: str
    rules: tuple[str, ...]
    hook: str = ""

    def text(self) -> str:
        """Return it as nft reads it."""
        lines = [*([self.hook] if self.hook else []), *self.rules]
        return "\n".join([f"  chain {self.name} {{", *(f"    {line}" for line in lines), "  }"])


def ruleset(policy: Policy, host: str) -> str:
    """Return the whole table of a host, as ``nft -f`` reads it where there is none yet."""
    rules = policy.rules_for(host)
    sets = [named for rule in rules for named in _sets(policy, rule)]
    chains = [
        _prerouting(rules),
        Chain("service", (*_accepts(policy, rules, _asked), "counter drop")),
        _replies(policy, rules),
        _forward(),
        *_input(policy, host, rules),
    ]
    # A chain that others lead to comes before them.
    chains.sort(key=lambda chain: bool(chain.hook))
    body = [*(named.text() for named in sets), *(chain.text() for chain in chains if chain.rules)]
    return "\n".join([f"table {FAMILY} {TABLE} {{", *body, "}", ""])


def lockdown(ssh_port: int = 22) -> str:
    """Return the table for a host whose own is damaged: nothing but SSH, as the security group lets it through."""
    chains = [
        Chain("service", (f"tcp dport {ssh_port} accept", "counter drop")),
        _prerouting([]),
        _forward(),
    ]
    return "\n".join([f"table {FAMILY} {TABLE} {{", *(chain.text() for chain in chains), "}", ""])


def _sets(policy: Policy, rule: Rule) -> list[NamedSet]:
    """Return the sets of a rule: the sources that stay, a family each."""
    networks = collapse(grant.network for grant in policy.grants(rule) if grant.expires is None)
    found = []
    for family in FAMILIES:
        mine = [network for network in networks if network.version == family]
        if mine and mine[0].prefixlen:
            found.append(NamedSet(f"{rule.name}_{family}", family, tuple(_element(network) for network in mine)))
    return found


def _element(network: object) -> str:
    """Return a network the way nft lists it: an address without its prefix length."""
    text = str(network)
    return text.removesuffix("/32") if "." in text else text.removesuffix("/128")


def _dport(ports: Iterable[Ports]) -> str:
    given = [str(one) for one in ports]
    return given[0] if len(given) == 1 else f"{{ {', '.join(given)} }}"


def _asked(rule: Rule, family: int, source: str) -> str:
    """Match a packet on its way in, by its source: a set, a network, or everyone of a family."""
    match = f"{_IP[family]} saddr {source}" if source else f"meta nfproto ipv{family}"
    return f"{match} {rule.proto} dport {_dport(rule.ports)}"


def _answered(rule: Rule, family: int, source: str) -> str:
    """Match a packet on its way out, by who opened the connection that it answers."""
    match = f"ct original {_IP[family]} saddr {source}" if source else f"meta nfproto ipv{family}"
    return f"{match} meta l4proto {rule.proto} ct original proto-dst {_dport(rule.ports)}"


def _accepts(policy: Policy, rules: Iterable[Rule], match: Match) -> list[str]:
    """Return the accepts of rules: one a rule and family for those who stay, one a grant that expires."""
    lines: list[str] = []
    for rule in rules:
        grants = policy.grants(rule)
        for family in FAMILIES:
            lasting = collapse(g.network for g in grants if g.expires is None and g.network.version == family)
            if lasting:
                source = f"@{rule.name}_{family}" if lasting[0].prefixlen else ""
                lines.append(f"{match(rule, family, source)} accept")
        lines += [_expiring(rule, grant, match) for grant in grants if grant.expires is not None]
    return lines


def _expiring(rule: Rule, grant: Grant, match: Match) -> str:
    """Return the accept of a grant that shuts by itself, with no controller near."""
    source = _element(grant.network) if grant.network.prefixlen else ""
    return f"{match(rule, grant.network.version, source)} meta time < {grant.expires} accept"


def _prerouting(rules: Iterable[Rule]) -> Chain:
    """Return the verdict on everything that comes in.

    The packets of a connection that may be cut are judged one by one, so that they stop with the permission.
    """
    cut = [
        f"ct state established ct direction original {rule.proto} dport {_dport(rule.ports)} goto service"
        for rule in rules
        if rule.cut
    ]
    return Chain(
        "prerouting",
        (
            'iifname "lo" accept',
            *(f"iifname {bridge} accept" for bridge in BRIDGES),
            *cut,
            "ct state established,related accept",
            "ct state invalid counter drop",
            *_ESSENTIAL,
            # Who routes straight to a container, to a bridge's gateway or to 127.0.0.1 does not ask for this address.
            "fib daddr . iif type != local counter drop",
            "goto service",
        ),
        hook="type filter hook prerouting priority -110; policy drop;",
    )


def _replies(policy: Policy, rules: list[Rule]) -> Chain:
    """Return what ends the answers, too, of connections that are cut: what the server sends does not arrive, either."""
    cut = [rule for rule in rules if rule.cut]
    if not cut:
        return Chain("replies", ())
    # Whoever another rule lets reach the same port goes on, too.
    beside = [rule for rule in rules if any(one.shares_port(rule) for one in cut)]
    ends = [f"meta l4proto {rule.proto} ct original proto-dst {_dport(rule.ports)} counter drop" for rule in cut]
    return Chain(
        "replies",
        (
            'oifname "lo" accept',
            *(f"oifname {bridge} accept" for bridge in BRIDGES),
            "ct direction original accept",
            *_accepts(policy, beside, _answered),
            *ends,
        ),
        hook="type filter hook postrouting priority 110; policy accept;",
    )


def _forward() -> Chain:
    """Return the second line of defence: nothing reaches a container but by a published port."""
    return Chain(
        "forward",
        (
            "ct state established,related accept",
            *(f"iifname {bridge} accept" for bridge in BRIDGES),
            "ct status dnat accept",
            "counter drop",
        ),
        hook="type filter hook forward priority -10; policy drop;",
    )


def _input(policy: Policy, host: str, rules: Iterable[Rule]) -> list[Chain]:
    """Return what the host's own containers may ask of it: what the host itself may, as a client of its own."""
    addresses = policy.hosts[host].private
    opened = [
        rule
        for rule in rules
        if any(address in grant.network for address in addresses for grant in policy.grants(rule))
    ]
    allowed = [f"{rule.proto} dport {_dport(rule.ports)} accept" for rule in opened]
    return [
        Chain(
            "input",
            tuple(f"iifname {bridge} goto containers" for bridge in BRIDGES),
            hook="type filter hook input priority -10; policy accept;",
        ),
        Chain(
            "containers",
            (
                "ct state established,related accept",
                "meta l4proto { icmp, ipv6-icmp } accept",
                *allowed,
                "counter drop",
            ),
        ),
    ]
