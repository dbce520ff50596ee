"""What is not as the policy wants it in the policy itself, the security groups and the hosts' ports. Decisions only."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from .finding import GROUPS, POLICY, PORTS, Finding
from .model import Ports
from .policy import expired, say
from .reach import EVERY_PORT, Piece, Reach, canonical, meets, minus
from .security_groups import EVERY, ICMP, Permission, Rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .model import Network, Policy

# Clients of DHCP (RFC 2131) and DHCPv6 (RFC 8415), which wait for answers and serve nobody.
DHCP_CLIENTS = {("udp", 68), ("udp", 546)}
# What stands for every protocol, where there is no port to tell.
OTHER = "other"
_ANYONE = (ip_network("0.0.0.0/0"),)


def policy_findings(sources: Mapping[str, Any], now: float) -> list[Finding]:
    """Return the grants of the policy that have expired and still stand there.

    Args:
        sources: ``access_sources`` as YAML has it; it has been read before, and is without fault.
        now: Seconds since the epoch.
    """
    return [
        Finding(
            POLICY,
            "",
            "expired grant",
            f"{name}: {grant.network}" + (f" ({grant.owner})" if grant.owner else ""),
            "A grant that has expired does not stand in the policy.",
            f"It expired at {say(grant.expires or 0)} and lets nobody in any more.",
            f"Take its line out of access_sources, {name}, in group_vars; access.yml refuses to run until then.",
            "",
        )
        for name, grant in expired(sources, now)
    ]


def port_findings(policy: Policy, host: str, look: Mapping[str, Any]) -> list[Finding]:
    """Return the ports of a host that wait for others and that no rule of the policy opens.

    Args:
        policy: The access policy.
        host: The host's name.
        look: What module access_look told of it: ``ports``, ``container_networks`` and ``ephemeral_ports``.
    """
    inside = [ip_network(subnet) for subnet in look["container_networks"]]
    rules = policy.rules_for(host)
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for port in look["ports"]:
        at = Ports(port["port"], port["port"])
        opened = any(rule.proto == port["proto"] and any(one.meets(at) for one in rule.ports) for rule in rules)
        if not opened and _waits(port, inside, look["ephemeral_ports"]):
            found.setdefault((port["proto"], port["port"]), []).append(port)
    return [_port(host, proto, number, ports) for (proto, number), ports in found.items()]


def _waits(port: Mapping[str, Any], inside: Iterable[Network], ephemeral: Iterable[int]) -> bool:
    """Tell whether a port waits for others, from outside the host."""
    address = ip_address(port["address"])
    if address.is_loopback or any(address in network for network in inside):
        return False
    first, last = ephemeral
    if port["container"]:
        return True
    # A datagram socket of a client, such as a resolver's, which lives as long as its question.
    passing = port["proto"] == "udp" and first <= port["port"] <= last
    return not passing and (port["proto"], port["port"]) not in DHCP_CLIENTS


def _port(host: str, proto: str, number: int, ports: list[Mapping[str, Any]]) -> Finding:
    addresses = ", ".join(sorted(str(port["address"]) for port in ports))
    container = next((port["container"] for port in ports if port["container"]), "")
    process = next((port["process"] for port in ports if port["process"]), "")
    if container:
        kind, who, stop = "port published", f"container {container}", f"ansible {host} -b -a 'docker rm -f {container}'"
    else:
        kind, who = "port listening", process or "a process that cannot be named"
        option = "t" if proto == "tcp" else "u"
        pids = rf"ss -Hlnp{option} sport = :{number} | grep -o pid=[0-9]* | cut -d= -f2 | sort -u"
        stop = f"ansible {host} -b -m ansible.builtin.shell -a '{pids} | xargs -r kill'"
    return Finding(
        PORTS,
        host,
        kind,
        f"{proto} {number}, {who}",
        f"No rule of the policy opens {proto} {number} on {host}, so nothing waits there.",
        f"{who[0].upper()}{who[1:]} {'publishes' if container else 'holds'} it on {addresses}.",
        f"Stop it ({stop}), bind it to 127.0.0.1, or open the port with a rule of access_policy.",
        "",
        proto,
        str(number),
    )


@dataclass(frozen=True)
class Group:
    """A security group as it is: its ID and its rules."""

    id: str
    rules: Rules


def group_findings(
    tier: str, wanted: Rules, group: Group | None, now: float, expired_grants: Iterable[Network] = ()
) -> list[Finding]:
    """Return what is not as wanted in the security group of a tier.

    Args:
        tier: The tier.
        wanted: What it is to let in and out.
        group: What it does; None where there is none.
        now: Seconds since the epoch.
        expired_grants: Networks of grants that have expired.
    """
    if group is None:
        return [
            Finding(
                GROUPS,
                tier,
                "group missing",
                f"security group of {tier}",
                f"Tier {tier} has a security group.",
                "There is none with its tags.",
                "Run playbooks/provision.yml, which makes it, then playbooks/access.yml, which fills it.",
                "provision.yml",
            )
        ]
    found: list[Finding] = []
    for way, wants, has in zip(("from", "to"), wanted, group.rules, strict=True):
        found += _rule_findings(tier, group.id, way, wants, has, gone=frozenset(expired_grants), now=now)
    return found


def _rule_findings(
    tier: str,
    group: str,
    way: str,
    wants: list[Permission],
    has: list[Permission],
    *,
    gone: frozenset[Network],
    now: float,
) -> Iterator[Finding]:
    prefix = "" if way == "from" else "egress "
    desired, actual = (canonical(piece for one in side for piece in _pieces(one)) for side in (wants, has))
    more, less = minus(actual, desired), minus(desired, actual)
    for one in has:
        mine = _pieces(one)
        extra = [piece for piece in mine if any(meets(piece, other) for other in more)]
        if extra:
            kind, expected = _added(one, mine, desired, gone, now)
            line = one.line(way)
            saying = {"subject": line, "expected": expected, "found": f"It has the rule {line}."}
            yield _group_finding(tier, group, f"{prefix}{kind}", one, **saying)
        elif not _described(one, wants):
            near = next((other for other in wants if _share(one, other)), one)
            yield _group_finding(
                tier,
                group,
                f"{prefix}description differs",
                one,
                subject=_bare(one, way),
                expected=f"Its description is {near.description!r}.",
                found=f"Its description is {one.description!r}.",
            )
    for one in wants:
        if any(meets(piece, other) for piece in _pieces(one) for other in less):
            kind = "rule narrowed" if any(_share(one, other) for other in has) else "rule removed"
            line = one.line(way)
            lost = "all of what it lets through" if kind == "rule removed" else "a part of what it lets through"
            yield _group_finding(
                tier,
                group,
                f"{prefix}{kind}",
                one,
                subject=line,
                expected=f"It has the rule {line}.",
                found=f"It lacks {lost}.",
            )


def _added(one: Permission, mine: list[Piece], desired: Reach, gone: frozenset[Network], now: float) -> tuple[str, str]:
    """Return what to call a rule that lets through more than it should, and what was expected."""
    if (not isinstance(one.peer, str) and one.peer in gone) or _has_ended(one.description, now):
        return "expired grant left", "The rule of a grant that has expired is gone."
    wished = [Piece(context, ports, networks) for context, spans in desired.items() for ports, networks in spans]
    if any(meets(piece, other) for piece in mine for other in wished):
        return "rule widened", "It lets through no more than the policy does."
    return "rule added", "No rule of the policy makes it."


def _has_ended(description: str, now: float) -> bool:
    """Tell whether a description says that its grant has ended: the last words are its moment."""
    _, until, moment = description.rpartition(", until ")
    return bool(until) and moment <= say(int(now))


def _group_finding(
    tier: str, group: str, kind: str, one: Permission, *, subject: str, expected: str, found: str
) -> Finding:
    peer = () if isinstance(one.peer, str) else (str(one.peer),)
    return Finding(
        GROUPS,
        tier,
        kind,
        subject,
        expected,
        f"{group}: {found}",
        proto="" if one.proto == EVERY else one.proto,
        ports="" if one.ports is None else str(one.ports),
        networks=peer,
    )


def _pieces(one: Permission) -> list[Piece]:
    """Return what a rule lets through. What it names by a word (a group, a prefix list) is part of the context."""
    named = one.peer if isinstance(one.peer, str) else ""
    networks = _ANYONE if isinstance(one.peer, str) else (one.peer,)
    if one.proto == EVERY:
        return [Piece((proto, named), EVERY_PORT, networks) for proto in ("tcp", "udp", *ICMP, OTHER)]
    if one.proto in ICMP and one.ports is not None:
        # A type and a code: no range.
        return [Piece((f"{one.proto} {one.ports}", named), EVERY_PORT, networks)]
    return [Piece((one.proto, named), one.ports or EVERY_PORT, networks)]


def _share(one: Permission, two: Permission) -> bool:
    return any(meets(mine, theirs) for mine in _pieces(one) for theirs in _pieces(two))


def _described(one: Permission, wants: Iterable[Permission]) -> bool:
    """Tell whether one of the wanted rules that a rule is (a part of) is described as it is."""
    return any(one.description == other.description for other in wants if _share(one, other))


def _bare(one: Permission, way: str) -> str:
    return Permission(one.proto, one.ports, one.peer).line(way)


def instance_findings(
    policy: Policy, instances: Iterable[Mapping[str, Any]], groups: Mapping[str, str]
) -> list[Finding]:
    """Return the instances that do not carry exactly the groups of their tiers.

    Args:
        policy: The access policy, for the hosts and their tiers.
        instances: Of each, ``id``, its private ``addresses``, and its ``groups``: names by ID.
        groups: The ID of each tier's group.
    """
    found: list[Finding] = []
    tiers = {group: tier for tier, group in groups.items()}
    by_address = {str(address): host for host, known in policy.hosts.items() for address in known.private}
    for instance in instances:
        host = next((by_address[address] for address in instance["addresses"] if address in by_address), "")
        if not host:
            continue
        wanted = {groups[tier] for tier in policy.hosts[host].tiers if tier in groups}
        exact = f"aws ec2 modify-instance-attribute --instance-id {instance['id']} --groups {' '.join(sorted(wanted))}"
        carries = ", ".join(sorted(policy.hosts[host].tiers))
        for group, name in instance["groups"].items():
            if group not in wanted:
                kind = "group of another tier" if group in tiers else "foreign group"
                found.append(
                    Finding(
                        GROUPS,
                        host,
                        kind,
                        f"{instance['id']} and {group} ({name})",
                        f"The instance carries the groups of its tiers ({carries}) and no other.",
                        f"It carries {group} ({name}), whose rules let in whom the policy does not.",
                        f"Run {exact}",
                        "",
                    )
                )
        found += [
            Finding(
                GROUPS,
                host,
                "group not attached",
                f"{instance['id']} and {group} ({tiers[group]})",
                f"The instance carries the groups of its tiers ({carries}).",
                f"It lacks {group}, the group of tier {tiers[group]}.",
                f"Run {exact}",
                "",
            )
            for group in sorted(wanted - set(instance["groups"]))
        ]
    return found
