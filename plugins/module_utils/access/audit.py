"""The whole audit: what hosts and AWS were seen to be, against what the policy wants. It touches neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .drift import Group, group_findings, instance_findings, policy_findings, port_findings
from .finding import KERNEL, Finding, ordered
from .matrix import matrix
from .policy import expired
from .report import Report
from .security_groups import Permission, Rules, egress, permissions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .model import Policy


@dataclass(frozen=True)
class Seen:
    """What was seen.

    Args:
        hosts: By host, what module access_look told, or why nothing came back.
        groups: By tier, its security group, as module security_group_look told; None where AWS was not asked.
        instances: The instances that carry any of the groups, or have an address of a host.
    """

    hosts: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, Mapping[str, Any]] | None = None
    instances: Sequence[Mapping[str, Any]] = ()


def audit(
    policy: Policy, sources: Mapping[str, Any], seen: Seen, *, tiers: Sequence[str], now: float, environment: str
) -> Report:
    """Return the report.

    Args:
        policy: The access policy, read leniently.
        sources: ``access_sources`` as YAML has it.
        seen: What hosts and AWS are.
        tiers: The names of all tiers.
        now: Seconds since the epoch.
        environment: Its name.
    """
    found = policy_findings(sources, now)
    for host, look in seen.hosts.items():
        found += _host(policy, host, look)
    if seen.groups is not None:
        found += _aws(policy, sources, seen, tiers, now)
    findings = ordered(found)
    return Report(
        environment, now, list(seen.hosts), findings, matrix(policy, findings, tiers, now), seen.groups is not None
    )


def _host(policy: Policy, host: str, look: Mapping[str, Any]) -> list[Finding]:
    if "findings" in look:
        return [*map(Finding.from_dict, look["findings"]), *port_findings(policy, host, look)]
    reason = " ".join(str(look.get("msg", "it said nothing")).split())
    return [
        Finding(
            KERNEL,
            host,
            "host not read",
            host,
            "The host can be asked what it lets in.",
            f"It cannot: {reason.rstrip('.')}.",
            f"See why with: ansible {host} -m ansible.builtin.ping -vvv",
            "",
        )
    ]


def _aws(policy: Policy, sources: Mapping[str, Any], seen: Seen, tiers: Iterable[str], now: float) -> list[Finding]:
    groups = seen.groups or {}
    gone = {grant.network for _, grant in expired(sources, now)}
    found: list[Finding] = []
    for tier in tiers:
        wanted = Rules(permissions(policy, tier, now, tiers), egress())
        found += group_findings(tier, wanted, _group(groups[tier]) if tier in groups else None, now, gone)
    return found + instance_findings(policy, seen.instances, {tier: group["id"] for tier, group in groups.items()})


def _group(given: Mapping[str, Any]) -> Group:
    ways = (list(map(Permission.from_dict, given[way])) for way in ("ingress", "egress"))
    return Group(given["id"], Rules(*ways))
