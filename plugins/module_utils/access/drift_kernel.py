"""What of a host's access table is not as the policy wants it. It runs there, where nft itself lists both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from .expressions import action, pieces, say
from .finding import KERNEL, Finding
from .kernel import LiveChain, LiveSet, Table
from .nftables import FAMILY, TABLE
from .reach import Piece, Reach, canonical, minus, overlap, subtract

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .model import Network

# The chain that says who reaches which port; every other only leads to it, or is a line of defence behind it.
SERVICE = "service"


@dataclass(frozen=True)
class _Rule:
    """A rule of a chain: in words, what becomes of what it matches, and what that is."""

    text: str
    action: str
    pieces: tuple[Piece, ...]


def kernel_findings(host: str, desired: Table, live: Table | None) -> list[Finding]:
    """Return what differs between a host's access table and the one that the policy makes.

    Args:
        host: The host's name.
        desired: The table as the same nft on the same host lists it.
        live: The table that is in force.
    """
    if live is None:
        return [
            Finding(
                KERNEL,
                host,
                "table missing",
                f"table {FAMILY} {TABLE}",
                f"The kernel has the table {FAMILY} {TABLE}, made from the policy.",
                "There is no such table: the host filters nothing by itself.",
            )
        ]
    if live == desired:
        return []
    found = [
        Finding(
            KERNEL,
            host,
            "strange object",
            name,
            f"The table {FAMILY} {TABLE} holds sets and chains.",
            f"It holds {name}.",
        )
        for name in live.strange
    ]
    found += _set_findings(host, desired, live)
    for name, chain in desired.chains.items():
        if name in live.chains:
            found += _hook_findings(host, name, chain, live.chains[name])
            found += _rule_findings(host, name, desired, live)
        else:
            found.append(_whole(host, "chain missing", f"chain {name}", "is there", "is not there"))
    found += [
        _whole(host, "chain added", f"chain {name}", "is not there", "is there, and the policy does not make it")
        for name in live.chains
        if name not in desired.chains
    ]
    return found


def _whole(host: str, kind: str, subject: str, expected: str, found: str) -> Finding:
    thing = subject[0].upper() + subject[1:]
    return Finding(KERNEL, host, kind, subject, f"{thing} {expected}.", f"{thing} {found}.")


def _hook_findings(host: str, name: str, desired: LiveChain, live: LiveChain) -> Iterable[Finding]:
    if desired.hook[:3] != live.hook[:3]:
        yield _whole(host, "chain hook changed", f"chain {name}", *(_hooked(chain.hook) for chain in (desired, live)))
    elif desired.hook != live.hook:
        expected, found = (f"has the policy {chain.hook[3]}" for chain in (desired, live))
        yield _whole(host, "chain policy flipped", f"chain {name}", expected, found)


def _hooked(hook: tuple[str, ...]) -> str:
    return f"is a {hook[0]} chain at {hook[1]}, priority {hook[2]}" if hook else "is hooked in nowhere"


def _set_findings(host: str, desired: Table, live: Table) -> Iterable[Finding]:
    for name, wanted in desired.sets.items():
        found = live.sets.get(name)
        if found is None:
            yield _whole(host, "set missing", f"set {name}", f"holds {_listed(wanted.networks)}", "is not there")
            continue
        if found.kind != wanted.kind:
            yield _whole(host, "set changed", f"set {name}", f"is of type {wanted.kind}", f"is of type {found.kind}")
        yield from _element_findings(host, name, desired, wanted, found)
    for name, extra in live.sets.items():
        if name not in desired.sets:
            holds = f"holds {_listed(extra.networks)}, and the policy does not make it"
            yield _whole(host, "set added", f"set {name}", "is not there", holds)


def _element_findings(host: str, name: str, desired: Table, wanted: LiveSet, found: LiveSet) -> Iterable[Finding]:
    more = subtract(found.networks, wanted.networks)
    less = subtract(wanted.networks, found.networks)
    for changed, mine, others, kinds in (
        (more, found.networks, wanted.networks, ("element added", "element widened")),
        (less, wanted.networks, found.networks, ("element removed", "element narrowed")),
    ):
        touched = [network for network in mine if overlap([network], changed)] if changed else []
        for network in touched:
            near = [other for other in others if overlap([network], [other])]
            given, rest = (near, [network]) if changed is more else ([network], near)
            yield from (
                Finding(
                    KERNEL,
                    host,
                    kinds[bool(near)],
                    f"{network} in set {name}",
                    f"Set {name} holds {_listed(given)} of these addresses.",
                    f"It holds {_listed(rest)} of them.",
                    proto=proto,
                    ports=ports,
                    networks=(str(network),),
                )
                for proto, ports in _used_by(name, desired)[:1]
            )


def _used_by(name: str, table: Table) -> list[tuple[str, str]]:
    """Return the protocol and ports of the rules of a service chain that name a set; of all where there is none."""
    used: list[tuple[str, str]] = []
    for text in table.chains.get(SERVICE, LiveChain((), ())).rules:
        if f'"@{name}"' in text:
            used += [(piece.context[1], str(piece.ports)) for piece in pieces(json.loads(text), _networks(table))]
    return used or [("", "")]


def _listed(networks: Iterable[Network]) -> str:
    named = [str(network) for network in networks]
    most = 6
    rest = f" and {len(named) - most} more" if len(named) > most else ""
    return (", ".join(named[:most]) or "none") + rest


def _networks(table: Table) -> dict[str, tuple[Network, ...]]:
    return {name: found.networks for name, found in table.sets.items()}


def _rules(chain: LiveChain, sets: Mapping[str, tuple[Network, ...]]) -> list[_Rule]:
    read = [json.loads(text) for text in chain.rules]
    return [_Rule(say(one), action(one), tuple(pieces(one, sets))) for one in read]


def _runs(rules: Iterable[_Rule]) -> list[tuple[str, Reach]]:
    """Return a chain in its one spelling: neighbours that do the same to a packet may stand in any order, or be one."""
    runs: list[tuple[str, list[Piece]]] = []
    for rule in rules:
        if not rule.action:
            continue
        if not runs or runs[-1][0] != rule.action:
            runs.append((rule.action, []))
        runs[-1][1].extend(rule.pieces)
    return [(do, canonical(mine)) for do, mine in runs]


def _rule_findings(host: str, name: str, desired: Table, live: Table) -> list[Finding]:
    """Return the rules of a chain that came, went or became others."""
    # What an element changed, its set tells: here, a set holds what it should.
    sets = _networks(desired)
    wanted = _rules(desired.chains[name], sets)
    found = _rules(live.chains[name], {**_networks(live), **sets})
    if _runs(wanted) == _runs(found):
        return []
    gone = [rule for rule in wanted if rule.text not in {other.text for other in found}]
    new = [rule for rule in found if rule.text not in {other.text for other in wanted}]
    lost, came = _beyond(gone, found, new), _beyond(new, wanted, gone)
    where = f"chain {name}"
    former = [rule.text for rule in gone]
    findings: list[Finding] = []
    for text, touched in came.items():
        near = get_close_matches(text, former, 1, cutoff=0.7)
        if near:
            former.remove(near[0])
            lost.pop(near[0], None)
            kind, expected = "rule changed", f"{where.capitalize()} has the rule {near[0]}."
        else:
            kind, expected = "rule added", f"{where.capitalize()} has no such rule."
        has = f"It has the rule {text}."
        findings.append(
            _rule(host, kind, f"{text} in {where}", expected=expected, found=has, chain=name, touched=touched)
        )
    findings += [
        _rule(
            host,
            "rule removed",
            f"{text} in {where}",
            expected=f"{where.capitalize()} has the rule {text}.",
            found="It has no rule that does as much.",
            chain=name,
            touched=touched,
        )
        for text, touched in lost.items()
    ]
    if not findings:
        findings.append(
            _whole(host, "rules reordered", where, "has its rules in the policy's order", "has them in another")
        )
    return findings


def _beyond(rules: Iterable[_Rule], others: Iterable[_Rule], changed: Iterable[_Rule]) -> dict[str, list[Piece]]:
    """Return what each of the rules does that others do not, by its text.

    An accept may stand among all the others. Anything else has to be among those that changed: a chain's last drop
    holds every other one, and says nothing of where that stands.
    """
    accepts = canonical(piece for rule in others for piece in rule.pieces if rule.action == "accept")
    rest = canonical(piece for rule in changed for piece in rule.pieces if rule.action != "accept")
    beyond = {rule.text: minus(canonical(rule.pieces), accepts if rule.action == "accept" else rest) for rule in rules}
    return {text: touched for text, touched in beyond.items() if touched}


def _rule(
    host: str, kind: str, subject: str, *, expected: str, found: str, chain: str, touched: list[Piece]
) -> Finding:
    """Return the finding on a rule. One of the service chain says whose fate it changes; others change everyone's."""
    first = touched[0]
    if chain != SERVICE or not first.context[1]:
        return Finding(KERNEL, host, kind, subject, expected, found)
    networks = {str(network) for piece in touched for network in piece.networks}
    return Finding(
        KERNEL,
        host,
        kind,
        subject,
        expected,
        found,
        proto=first.context[1],
        ports=str(first.ports),
        networks=tuple(sorted(networks)),
    )
