"""The policy as a question: may this address reach that port?"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model import Policy


def allows(policy: Policy, host: str, source: str, proto: str, port: int, now: float) -> bool:  # noqa: PLR0917 - a packet has that many sides
    """Tell whether a new connection gets through.

    Args:
        policy: The access policy.
        host: Name of the host that is asked for.
        source: Address that the host sees as the client's, IPv4 or IPv6.
        proto: ``tcp`` or ``udp``.
        port: The port that the client asks for, before Docker translates it.
        now: Seconds since the epoch.
    """
    address = ip_address(source)
    return any(
        rule.proto == proto
        and any(ports.first <= port <= ports.last for ports in rule.ports)
        and any(address in grant.network and grant.live(now) for grant in policy.grants(rule))
        for rule in policy.rules_for(host)
    )
