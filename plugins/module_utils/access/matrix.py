"""Who reaches what: the policy as a table, with what an audit found marked in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from .finding import POLICY
from .model import ALL, Ports, collapse
from .policy import ANYWHERE, say
from .reach import overlap, subtract

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .finding import Finding
    from .model import Network, Policy

ALLOWED, PARTLY, DENIED = "allowed", "in part", "no"
NOT_IN_POLICY = "not in the policy"
# Kinds of findings that leave things as they are for now: who reaches what they change later, if ever.
NOT_YET = {
    "boot file differs",
    "file differs",
    "boot unit not enabled",
    "rival not masked",
    "set added",
    "strange object",
    "confirmation pending",
    "description differs",
}
EVERYONE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@dataclass(frozen=True)
class Row:
    """Who: addresses that the policy treats alike, with the words that it has for them."""

    source: str
    networks: tuple[Network, ...]
    reason: str = ""
    expires: int | None = None


@dataclass(frozen=True)
class Column:
    """What: a range of ports of a tier, and the rule that is about it, if one is."""

    tier: str
    proto: str
    ports: Ports
    rule: str


@dataclass(frozen=True)
class Cell:
    """Whether a row reaches a column by the policy, until when, and the findings (by number) that say it is not so."""

    policy: str
    until: str = ""
    drift: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Matrix:
    """The table: a list of cells for each row, one a column."""

    rows: list[Row]
    columns: list[Column]
    cells: list[list[Cell]]

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain words."""
        return {
            "rows": [
                {
                    "source": row.source,
                    "networks": [str(network) for network in row.networks],
                    "reason": row.reason,
                    "expires": "" if row.expires is None else say(row.expires),
                }
                for row in self.rows
            ],
            "columns": [
                {"tier": one.tier, "proto": one.proto, "ports": str(one.ports), "rule": one.rule}
                for one in self.columns
            ],
            "cells": [[asdict(cell) for cell in row] for row in self.cells],
        }


def matrix(policy: Policy, findings: Sequence[Finding], tiers: Iterable[str], now: float) -> Matrix:
    """Return the table.

    Args:
        policy: The access policy.
        findings: What an audit found, in the order in which it tells them.
        tiers: The tiers, in the order of the columns. Those without hosts are left out.
        now: Seconds since the epoch.
    """
    used = [tier for tier in tiers if policy.members(tier)]
    places = {tier: {tier, *(name for name, host in policy.hosts.items() if tier in host.tiers)} for tier in used}
    rows = _rows(policy, used)
    rows += _strangers(rows, findings)
    columns = [column for tier in used for column in _columns(policy, tier, findings, places[tier])]
    cells = [
        [_cell(policy, row, column, now, _drift(row, column, findings, places[column.tier])) for column in columns]
        for row in rows
    ]
    return Matrix(rows, columns, cells)


def _rows(policy: Policy, tiers: Iterable[str]) -> list[Row]:
    rows = [
        Row(f"tier {tier}", tuple(collapse(g.network for rule in policy.rules for g in policy.tier_grants(rule, tier))))
        for tier in tiers
    ]
    named: dict[tuple[str, str, int | None], list[Network]] = {}
    for grant in (grant for rule in policy.rules for grant in rule.grants):
        if grant.network.prefixlen:
            named.setdefault((grant.owner, grant.reason, grant.expires), []).append(grant.network)
    rows += [
        Row(owner, tuple(collapse(networks)), reason, expires) for (owner, reason, expires), networks in named.items()
    ]
    return [*(row for row in rows if row.networks), Row(ANYWHERE, EVERYONE)]


def _strangers(rows: Iterable[Row], findings: Iterable[Finding]) -> list[Row]:
    """Return a row for each network that was found and that no row but the whole internet holds."""
    known = [network for row in rows if row.source != ANYWHERE for network in row.networks]
    found = [ip_network(text) for finding in findings for text in finding.networks]
    strange = dict.fromkeys(n for n in found if n.prefixlen and subtract([n], known))
    return [Row(NOT_IN_POLICY, (network,)) for network in strange]


def _columns(policy: Policy, tier: str, findings: Iterable[Finding], places: Iterable[str]) -> list[Column]:
    columns = [
        Column(tier, rule.proto, ports, rule.name)
        for rule in policy.rules
        if tier in rule.to or ALL in rule.to
        for ports in rule.ports
    ]
    for finding in findings:
        if finding.host_or_group in places and finding.proto and finding.ports:
            extra = Column(tier, finding.proto, _ports(finding.ports), NOT_IN_POLICY)
            if not any(one.proto == extra.proto and one.ports.meets(extra.ports) for one in columns):
                columns.append(extra)
    return columns


def _ports(text: str) -> Ports:
    first, _, last = text.partition("-")
    return Ports(int(first), int(last or first))


def _cell(policy: Policy, row: Row, column: Column, now: float, drift: list[int]) -> Cell:
    """Return what the policy says of a row and a column: a port of the range may be more open than the others."""
    opened = [
        grant
        for rule in policy.rules
        if (column.tier in rule.to or ALL in rule.to)
        and rule.proto == column.proto
        and any(ports.first <= column.ports.first and column.ports.last <= ports.last for ports in rule.ports)
        for grant in policy.grants(rule)
        if grant.live(now)
    ]
    closed = subtract(row.networks, [grant.network for grant in opened])
    if not closed:
        lasting = [grant.network for grant in opened if grant.expires is None]
        short = subtract(row.networks, lasting)
        if not short:
            return Cell(ALLOWED, drift=drift)
        ends = [grant.expires for grant in opened if grant.expires is not None and overlap([grant.network], short)]
        return Cell(ALLOWED, say(min(ends)), drift)
    # An address that is somebody else's does not let in the whole internet.
    share = [network for network in row.networks if not overlap([network], closed)]
    partly = bool(share) if row.source == ANYWHERE else overlap(row.networks, [grant.network for grant in opened])
    return Cell(PARTLY if partly else DENIED, drift=drift)


def _drift(row: Row, column: Column, findings: Sequence[Finding], places: set[str]) -> list[int]:
    """Return the numbers of the findings that are about a row and a column."""
    return [
        number
        for number, finding in enumerate(findings, 1)
        if finding.place != POLICY
        and finding.kind not in NOT_YET
        and finding.host_or_group in places
        and finding.proto in {"", column.proto}
        and (not finding.ports or _ports(finding.ports).meets(column.ports))
        and _about(row, finding)
    ]


def _about(row: Row, finding: Finding) -> bool:
    networks = [ip_network(text) for text in finding.networks]
    if not networks:
        return True
    if row.source == ANYWHERE:
        return any(not network.prefixlen for network in networks)
    return overlap(row.networks, networks)
