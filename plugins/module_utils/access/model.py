"""What an access policy says, once it has been read. Everything else about access stands on this."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_network
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ALL = "all"
FAMILIES = (4, 6)


@dataclass(frozen=True, order=True)
class Ports:
    """A range of ports, both ends included."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def meets(self, other: Ports) -> bool:
        """Tell whether the two ranges share a port."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Grant:
    """Addresses that may reach something, until `expires` (seconds since the epoch) where that is given."""

    network: Network
    owner: str = ""
    reason: str = ""
    expires: int | None = None

    def live(self, now: float) -> bool:
        """Tell whether the grant still holds."""
        return self.expires is None or now < self.expires


@dataclass(frozen=True)
class Rule:
    """One line of the policy. `tiers` and `grants` are who may; `cut` ends connections of those who no longer may."""

    name: str
    to: tuple[str, ...]
    proto: str
    ports: tuple[Ports, ...]
    tiers: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    cut: bool = False

    def shares_port(self, other: Rule) -> bool:
        """Tell whether the two rules open a port in common."""
        return self.proto == other.proto and any(one.meets(two) for one in self.ports for two in other.ports)


@dataclass(frozen=True)
class Host:
    """A host of the inventory: its tiers, and the addresses that it is seen at."""

    tiers: frozenset[str]
    private: tuple[Address, ...] = ()
    public: tuple[Address, ...] = ()


@dataclass(frozen=True)
class Policy:
    """The whole of it. `public_tiers` are reached over public addresses, so that tiers come from such ones, too."""

    rules: tuple[Rule, ...]
    hosts: Mapping[str, Host]
    public_tiers: frozenset[str] = frozenset()

    def rules_for(self, host: str) -> list[Rule]:
        """Return the rules that open a port of a host."""
        tiers = self.hosts[host].tiers
        return [rule for rule in self.rules if ALL in rule.to or tiers.intersection(rule.to)]

    def members(self, tier: str) -> list[Host]:
        """Return the hosts of a tier."""
        return [host for host in self.hosts.values() if tier == ALL or tier in host.tiers]

    def grants(self, rule: Rule) -> list[Grant]:
        """Return who may, with each tier as the addresses of its hosts. The order is the policy's own."""
        tiers = [grant for tier in rule.tiers for grant in self.tier_grants(rule, tier)]
        return list(dict.fromkeys([*tiers, *rule.grants]))

    def tier_grants(self, rule: Rule, tier: str) -> list[Grant]:
        """Return the addresses at which the hosts of a tier are seen by the hosts that a rule opens."""
        private = [Grant(ip_network(address), tier) for host in self.members(tier) for address in host.private]
        return [*private, *self.public_grants(rule, tier)]

    def public_grants(self, rule: Rule, tier: str) -> list[Grant]:
        """Return those of them that are public: none, unless the rule opens hosts that are reached over such."""
        if not self.public_tiers or not (ALL in rule.to or self.public_tiers.intersection(rule.to)):
            return []
        return [Grant(ip_network(address), tier) for host in self.members(tier) for address in host.public]


def collapse(networks: Iterable[Network]) -> list[Network]:
    """Return the fewest networks that hold the same addresses, IPv4 first, in order."""
    given = list(networks)
    four = collapse_addresses(network for network in given if isinstance(network, IPv4Network))
    six = collapse_addresses(network for network in given if isinstance(network, IPv6Network))
    return [*four, *six]


def holds(network: Network, other: Network) -> bool:
    """Tell whether all addresses of `other` are in `network`."""
    return network.version == other.version and cast("IPv4Network", other).subnet_of(cast("IPv4Network", network))
