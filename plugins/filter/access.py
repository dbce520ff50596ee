"""Filters over the access policy. What they compute is plain Python in module_utils, and tested as such."""

from __future__ import annotations

import sys
import time
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

# On a controller, plugins find the project's own Python only so.
sys.path.append(str(Path(__file__).parents[1] / "module_utils"))

from access.model import collapse
from access.nftables import lockdown, ruleset
from access.policy import PolicyError, locked_out, nobody_logs_in, parse
from access.security_groups import permissions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from access.model import Policy

TIERS = ("db", "backend", "frontend", "edge", "build")
ADDRESSES = {"private": ("private_address", "private_address6"), "public": ("public_address", "public_address6")}


def access_hosts(hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return what the policy has to know of each host of the inventory: its tiers and addresses."""
    tiers = {name: groups.get(name, []) for name in TIERS}
    return {
        host: {
            "tiers": [tier for tier, members in tiers.items() if host in members],
            **{
                kind: [str(hostvars[host][name]) for name in names if hostvars[host].get(name)]
                for kind, names in ADDRESSES.items()
            },
        }
        for host in dict.fromkeys(host for members in tiers.values() for host in members)
    }


def _parse(model: Mapping[str, Any], *, lenient: bool) -> Policy:
    return parse(
        model["policy"],
        model["sources"],
        model["hosts"],
        time.time(),
        tiers=TIERS,
        endpoint=model["db_endpoint"],
        database_port=int(model["database_port"]),
        group_rules=int(model["group_rules"]),
        lenient=lenient,
    )


def access_problems(
    model: Mapping[str, Any],
    controllers: Mapping[str, str] | None = None,
    ports: Mapping[str, int] | None = None,
    *,
    lenient: bool = False,
) -> list[str]:
    """Return what is wrong with the policy, a sentence each.

    Args:
        model: Variable ``access_model``.
        controllers: By host, the address that it sees this controller come from; empty where it is not over SSH.
        ports: By host, the port of SSH.
        lenient: Let grants pass that have expired.
    """
    try:
        policy = _parse(model, lenient=lenient)
    except PolicyError as error:
        return error.problems
    if problems := nobody_logs_in(policy, (ports or {}).values()):
        return problems
    seen = {host: address for host, address in (controllers or {}).items() if address}
    # An access that ends while it is being applied is none.
    return locked_out(policy, seen, ports or {}, time.time(), margin=60)


def access_ruleset(model: Mapping[str, Any], host: str) -> str:
    """Return the nftables table of a host. Grants that have expired say so themselves."""
    return ruleset(_parse(model, lenient=True), host)


def access_permissions(model: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return by tier what its security group lets in. Grants that have expired are no longer there."""
    policy = _parse(model, lenient=True)
    return {tier: [one.to_dict() for one in permissions(policy, tier, time.time(), TIERS)] for tier in TIERS}


def access_members(model: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return by tier the private addresses of its hosts."""
    policy = _parse(model, lenient=True)
    return {tier: [str(address) for host in policy.members(tier) for address in host.private] for tier in TIERS}


def access_networks(model: Mapping[str, Any], host: str, port: int) -> list[str]:
    """Return the networks that may reach a TCP port of a host now, apart from the host's own addresses."""
    policy = _parse(model, lenient=True)
    own = [ip_network(address) for address in policy.hosts[host].private]
    grants = [
        grant
        for rule in policy.rules_for(host)
        if rule.proto == "tcp" and any(ports.first <= int(port) <= ports.last for ports in rule.ports)
        for grant in policy.grants(rule)
        if grant.live(time.time())
    ]
    return [str(network) for network in collapse(grant.network for grant in grants if grant.network not in own)]


class FilterModule:
    """The filters by the names that templates use."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return them."""
        return {
            "access_hosts": access_hosts,
            "access_problems": access_problems,
            "access_ruleset": access_ruleset,
            "access_networks": access_networks,
            "access_lockdown": lockdown,
            "access_permissions": access_permissions,
            "access_members": access_members,
        }
