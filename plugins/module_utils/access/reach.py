"""Who reaches which ports, in the one spelling that each reach has: whatever lets the same through is equal."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, summarize_address_range
from itertools import pairwise
from typing import TYPE_CHECKING

from .model import FAMILIES, Network, Ports, collapse

if TYPE_CHECKING:
    from collections.abc import Iterable

# What else has to hold, such as the verdict, the protocol, or a state of the connection.
Context = tuple[str, ...]
Spans = tuple[tuple[Ports, tuple[Network, ...]], ...]
Reach = dict[Context, Spans]

EVERY_PORT = Ports(0, 65535)


@dataclass(frozen=True)
class Piece:
    """Networks that reach ports, where `context` holds."""

    context: Context
    ports: Ports
    networks: tuple[Network, ...]


def canonical(pieces: Iterable[Piece]) -> Reach:
    """Return the union of pieces: by context, ranges of ports in order, each with the fewest networks."""
    grouped: dict[Context, list[Piece]] = {}
    for piece in pieces:
        grouped.setdefault(piece.context, []).append(piece)
    swept = {context: _sweep([(piece.ports, piece.networks) for piece in mine]) for context, mine in grouped.items()}
    return {context: spans for context, spans in swept.items() if spans}


def minus(these: Reach, those: Reach) -> list[Piece]:
    """Return what `these` let through and `those` do not."""
    found: list[Piece] = []
    for context, spans in these.items():
        other = those.get(context, ())
        if spans == other:
            continue
        for first, after in pairwise(_edges([*spans, *other])):
            rest = subtract(_at(spans, first), _at(other, first))
            if rest:
                found.append(Piece(context, Ports(first, after - 1), tuple(rest)))
    return [Piece(context, ports, networks) for context, spans in canonical(found).items() for ports, networks in spans]


def meets(one: Piece, two: Piece) -> bool:
    """Tell whether two pieces let something through in common."""
    return one.context == two.context and one.ports.meets(two.ports) and overlap(one.networks, two.networks)


def overlap(these: Iterable[Network], those: Iterable[Network]) -> bool:
    """Tell whether an address is in both."""
    for version in FAMILIES:
        mine, theirs = _spans(these, version), _spans(those, version)
        at = 0
        for first, last in mine:
            while at < len(theirs) and theirs[at][1] < first:
                at += 1
            if at < len(theirs) and theirs[at][0] <= last:
                return True
    return False


def subtract(these: Iterable[Network], those: Iterable[Network]) -> list[Network]:
    """Return the addresses of `these` that are not in `those`, as the fewest networks."""
    these, those = list(these), list(those)
    if set(these) <= set(those):
        return []
    found: list[Network] = []
    for version in FAMILIES:
        holes = _spans(those, version)
        at = 0
        for first, last in _spans(these, version):
            start = first
            while at < len(holes) and holes[at][1] < start:
                at += 1
            look = at
            while look < len(holes) and holes[look][0] <= last:
                if start < holes[look][0]:
                    found += _networks(version, start, holes[look][0] - 1)
                start = max(start, holes[look][1] + 1)
                look += 1
            if start <= last:
                found += _networks(version, start, last)
    return collapse(found)


def _spans(networks: Iterable[Network], version: int) -> list[tuple[int, int]]:
    """Return the first and last address of each network of a family, as numbers, in order and apart."""
    return [
        (int(network.network_address), int(network.broadcast_address))
        for network in collapse(network for network in networks if network.version == version)
    ]


def _networks(version: int, first: int, last: int) -> list[Network]:
    if version == 4:  # noqa: PLR2004 - IPv4
        return list(summarize_address_range(IPv4Address(first), IPv4Address(last)))
    return list(summarize_address_range(IPv6Address(first), IPv6Address(last)))


def _edges(spans: Iterable[tuple[Ports, tuple[Network, ...]]]) -> list[int]:
    return sorted({edge for ports, _ in spans for edge in (ports.first, ports.last + 1)})


def _at(spans: Iterable[tuple[Ports, tuple[Network, ...]]], port: int) -> list[Network]:
    return [network for ports, networks in spans if ports.first <= port <= ports.last for network in networks]


def _sweep(spans: list[tuple[Ports, tuple[Network, ...]]]) -> Spans:
    swept: list[tuple[Ports, tuple[Network, ...]]] = []
    for first, after in pairwise(_edges(spans)):
        networks = tuple(collapse(_at(spans, first)))
        if swept and swept[-1][0].last + 1 == first and swept[-1][1] == networks:
            swept[-1] = (Ports(swept[-1][0].first, after - 1), networks)
        elif networks:
            swept.append((Ports(first, after - 1), networks))
    return tuple(swept)
