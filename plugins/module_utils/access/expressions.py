"""The rules of a chain as nft prints them in JSON (libnftables-json(5)): what they let through, and in words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import product
from typing import TYPE_CHECKING, Any

from .kernel import networks
from .model import FAMILIES, Network, Ports
from .reach import EVERY_PORT, Piece

if TYPE_CHECKING:
    from collections.abc import Mapping

_FAMILY = {"ip": 4, "ipv4": 4, "ip6": 6, "ipv6": 6}
_EVERYONE = {4: ip_network("0.0.0.0/0"), 6: ip_network("::/0")}
# By what a match looks at, the part of a packet that it stands for in a piece.
_SOURCE = {
    "ip saddr": "",
    "ip6 saddr": "",
    "ct original ip saddr": "of the connection",
    "ct original ip6 saddr": "of the connection",
}
_PORT = {"tcp dport": "", "udp dport": "", "th dport": "", "ct original proto-dst": "of the connection"}
_PROTOCOL = {"meta l4proto", "ip protocol", "ip6 nexthdr"}
# Meta keys that nft prints without "meta".
_BARE = {"iif", "iifname", "oif", "oifname", "skuid", "skgid", "mark", "priority"}
# Statements that say nothing about what becomes of a packet.
_SILENT = {"counter"}


@dataclass
class _Box:
    """What one rule matches; each part narrows it."""

    families: set[int] = field(default_factory=lambda: set(FAMILIES))
    protocols: set[str] | None = None
    sources: list[Network] | None = None
    ports: list[Ports] = field(default_factory=lambda: [EVERY_PORT])
    # The sources and the ports of what: of the packet, or of the connection that it belongs to.
    source_of: str = ""
    ports_of: str = ""
    others: dict[str, list[str]] = field(default_factory=dict)
    action: list[str] = field(default_factory=list)


def action(expression: list[dict[str, Any]]) -> str:
    """Return what becomes of the packets that a rule matches, in words; nothing where it only counts."""
    return " ".join(filter(None, (_statement(one) for one in expression if "match" not in one and not _silent(one))))


def pieces(expression: list[dict[str, Any]], sets: Mapping[str, tuple[Network, ...]]) -> list[Piece]:
    """Return what a rule matches, with its action as part of the context.

    Args:
        expression: The rule's ``expr``.
        sets: The networks in each named set.
    """
    box = _Box()
    for one in expression:
        if "match" in one:
            _narrow(box, one["match"], sets)
        elif not _silent(one):
            box.action.append(_statement(one))
    everyone = [_EVERYONE[family] for family in sorted(box.families)]
    if box.sources is None:
        box.sources = everyone
    else:
        box.sources = [network for network in box.sources if network.version in box.families]
    if set(box.sources) == set(everyone):
        box.source_of = ""
    if box.ports == [EVERY_PORT]:
        box.ports_of = ""
    do = " ".join(box.action)
    names = sorted(box.others)
    return [
        Piece((do, protocol, box.source_of, box.ports_of, *map(" ".join, zip(names, chosen, strict=True))), ports, held)
        for protocol in sorted(box.protocols if box.protocols is not None else {""})
        for chosen in product(*(box.others[name] for name in names))
        for ports in box.ports
        if (held := tuple(box.sources))
    ]


def _narrow(box: _Box, match: Mapping[str, Any], sets: Mapping[str, tuple[Network, ...]]) -> None:
    """Have a match narrow the box. What cannot be put into it stands beside it, word for word."""
    left, right, op = _left(match["left"]), match["right"], match["op"]
    if left.partition(" ")[0] in _FAMILY:
        box.families &= {_FAMILY[left.partition(" ")[0]]}
    if left.startswith("ct original ip"):
        box.families &= {_FAMILY[left.split()[2]]}
    if left.partition(" ")[0] in {"tcp", "udp"}:
        _protocols(box, {left.partition(" ")[0]})
    named = right.removeprefix("@") if isinstance(right, str) and right.startswith("@") else ""
    if op != "==" and not (op == "in" and left in {"ct state", "ct status"}):
        box.others[f"{left} {op}"] = [_right(right)]
    elif left in _SOURCE and box.sources is None and (not named or named in sets):
        box.sources = list(sets[named]) if named else networks(right)
        box.source_of = _SOURCE[left]
    elif left in _PORT and box.ports == [EVERY_PORT] and not named:
        box.ports = _ports(right)
        box.ports_of = _PORT[left]
    elif left == "meta nfproto":
        box.families &= {_FAMILY[value] for value in _values(right)}
    elif left in _PROTOCOL:
        _protocols(box, set(_values(right)))
    else:
        box.others[left] = sorted({*box.others.get(left, []), *_values(right)})


def _protocols(box: _Box, given: set[str]) -> None:
    box.protocols = given if box.protocols is None else box.protocols & given


def _values(right: Any) -> list[str]:  # noqa: ANN401 - what nft prints
    """Return the alternatives of a right side."""
    match right:
        case {"set": values} | [*values]:
            return [_right(value) for value in values]
    return [_right(right)]


def _ports(right: Any) -> list[Ports]:  # noqa: ANN401 - what nft prints
    match right:
        case int() | str():
            return [Ports(_port(right), _port(right))]
        case {"range": [first, last]}:
            return [Ports(_port(first), _port(last))]
        case {"set": values}:
            return [ports for value in values for ports in _ports(value)]
    raise ValueError(f"nft printed ports of no known form: {right!r}")


def _port(given: int | str) -> int:
    """Return a port. Of a connection's, nft 1.0.6 knows no type, and prints ``0x1538 [invalid type]``."""
    return given if isinstance(given, int) else int(given.split()[0], 0)


def _silent(statement: Mapping[str, Any]) -> bool:
    return next(iter(statement)) in _SILENT


def say(expression: list[dict[str, Any]]) -> str:
    """Return a rule the way nft writes it, without its counter."""
    return " ".join(filter(None, (_statement(one) for one in expression if not _silent(one)))) or "counter"


def _statement(given: Mapping[str, Any]) -> str:
    match given:
        case {"match": {"op": op, "left": left, "right": right}}:
            sign = "" if op in {"==", "in"} else f"{op} "
            return f"{_left(left)} {sign}{_right(right)}"
        case {"jump": {"target": target}} | {"goto": {"target": target}}:
            return f"{next(iter(given))} {target}"
        case {"reject": _}:
            return "reject"
        case {"xt": {"type": kind, "name": name}}:
            return name if kind == "target" else f"({name})"
    (name, value), *_ = given.items()
    return name if value is None else f"{name} {json.dumps(value, sort_keys=True)}"


def _left(given: Any) -> str:  # noqa: ANN401 - what nft prints
    match given:
        case {"payload": {"protocol": protocol, "field": name}}:
            return f"{protocol} {name}"
        case {"meta": {"key": key}}:
            return key if key in _BARE else f"meta {key}"
        case {"ct": {"key": key, "dir": direction}}:
            return f"ct {direction} {key}"
        case {"ct": {"key": key}}:
            return f"ct {key}"
        case {"fib": {"result": result, "flags": flags}}:
            return f"fib {' . '.join([flags] if isinstance(flags, str) else flags)} {result}"
    return json.dumps(given, sort_keys=True)


def _right(given: Any) -> str:  # noqa: ANN401 - what nft prints
    match given:
        case str() | int():
            text = str(given)
            return f'"{text}"' if " " in text or text.endswith("*") else text
        case {"prefix": {"addr": address, "len": length}}:
            return f"{address}/{length}"
        case {"range": [first, last]}:
            return f"{first}-{last}"
        case {"set": values}:
            return f"{{ {', '.join(map(_right, values))} }}"
        case [*values]:
            return ",".join(map(_right, values))
    return json.dumps(given, sort_keys=True)
