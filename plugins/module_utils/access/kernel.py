"""An nftables table as the kernel has it, read from ``nft -j -s list table`` (libnftables-json(5))."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network, summarize_address_range
from typing import Any

from .model import Network, collapse
from .nftables import FAMILY, TABLE


@dataclass(frozen=True)
class LiveSet:
    """A named set: its type and flags, the networks in it, and whether each stands there in its shortest form."""

    kind: str
    networks: tuple[Network, ...]
    plain: bool


@dataclass(frozen=True)
class LiveChain:
    """A chain: where it is hooked in (type, hook, priority, policy), and its rules as JSON text."""

    hook: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """The access table of a host."""

    sets: dict[str, LiveSet] = field(default_factory=dict)
    chains: dict[str, LiveChain] = field(default_factory=dict)
    # Objects that the compiler never makes, such as maps and flowtables.
    strange: tuple[str, ...] = ()


def read(listing: str) -> Table | None:
    """Return the access table of a listing, nothing where there is none."""
    objects = [next(iter(item.items())) for item in json.loads(listing)["nftables"]]
    mine = [(kind, value) for kind, value in objects if value.get("table", value.get("name")) == TABLE]
    if not any(kind == "table" and value["family"] == FAMILY for kind, value in mine):
        return None
    rules: dict[str, list[str]] = {}
    for kind, value in mine:
        if kind == "rule":
            # A comment says nothing about what the rule does.
            rules.setdefault(value["chain"], []).append(json.dumps(value["expr"], sort_keys=True))
    return Table(
        sets={value["name"]: _set(value) for kind, value in mine if kind == "set"},
        chains={
            value["name"]: LiveChain(_hook(value), tuple(rules.get(value["name"], ())))
            for kind, value in mine
            if kind == "chain"
        },
        strange=tuple(
            sorted(f"{kind} {value['name']}" for kind, value in mine if kind not in {"table", "set", "chain", "rule"})
        ),
    )


def _hook(chain: dict[str, Any]) -> tuple[str, ...]:
    if "hook" not in chain:
        return ()
    return (chain["type"], chain["hook"], str(chain["prio"]), chain.get("policy", "accept"))


def _set(given: dict[str, Any]) -> LiveSet:
    kind = f"{given['type']} {','.join(given.get('flags', []))}"
    elements = [networks(element) for element in given.get("elem", [])]
    flat = [network for found in elements for network in found]
    collapsed = collapse(flat)
    plain = len(elements) == len(flat) == len(collapsed)
    return LiveSet(kind, tuple(collapsed), plain)


def networks(element: Any) -> list[Network]:  # noqa: ANN401 - what nft prints
    """Return the networks that an element of a set, or the right side of a match, stands for."""
    match element:
        case str():
            return [ip_network(element)]
        case {"prefix": {"addr": address, "len": length}}:
            return [ip_network(f"{address}/{length}")]
        case {"range": [first, last]}:
            return list(summarize_address_range(ip_address(first), ip_address(last)))
        case {"elem": {"val": value}}:
            return networks(value)
        case {"set": elements}:
            return [network for one in elements for network in networks(one)]
    raise ValueError(f"nft printed an element of no known form: {element!r}")


def transaction(live: Table | None, desired: Table, text: str) -> str:
    """Return what brings a live table to the desired one, as one ``nft -f``: all of it happens at once, or nothing.

    Where only elements of sets differ, only those are touched. Otherwise the table is emptied and filled again in the
    same transaction, and its chains stay hooked in: a table that is deleted and made anew loses the odd packet.
    """
    if live is None:
        return text
    if not live.strange and live.chains == desired.chains and _same_sets(live, desired):
        return _deltas(live, desired)
    if live.strange:
        return anew(text)
    lines = [f"table {FAMILY} {TABLE}", f"flush table {FAMILY} {TABLE}"]
    stale = [
        name
        for name, chain in live.chains.items()
        if name not in desired.chains or chain.hook[:3] != desired.chains[name].hook[:3]
    ]
    lines += [f"delete chain {FAMILY} {TABLE} {name}" for name in stale]
    for name, given in live.sets.items():
        if name not in desired.sets or desired.sets[name].kind != given.kind:
            lines.append(f"delete set {FAMILY} {TABLE} {name}")
        elif not given.plain:
            lines.append(f"flush set {FAMILY} {TABLE} {name}")
    # What stays in a set is not touched, so that no packet meets a set that is being filled.
    return "\n".join([*lines, *_moves("delete", live, desired), text])


def anew(text: str) -> str:
    """Return what puts a table in place of whatever is there. The first line is for where there is none."""
    return f"table {FAMILY} {TABLE}\ndelete table {FAMILY} {TABLE}\n{text}"


def readable(listing: str) -> str:
    """Return what ``nft list table`` printed with each element of a set on a line of its own, for a diff."""
    lines: list[str] = []
    inside = False
    for line in listing.splitlines():
        start = line.find("elements = {")
        if start < 0 and not inside:
            lines.append(line)
            continue
        body = line[start + len("elements = {") :] if start >= 0 else line
        inside = not body.rstrip().endswith("}")
        lines += [f"\t\telement {part.strip()}" for part in body.rstrip().rstrip("}").split(",") if part.strip()]
    return "\n".join([*lines, ""])


def _same_sets(live: Table, desired: Table) -> bool:
    return live.sets.keys() == desired.sets.keys() and all(
        given.plain and given.kind == desired.sets[name].kind for name, given in live.sets.items()
    )


def _deltas(live: Table, desired: Table) -> str:
    """Return the elements that go, then those that come."""
    return "\n".join([*_moves("delete", live, desired), *_moves("add", desired, live), ""])


def _moves(verb: str, ours: Table, theirs: Table) -> list[str]:
    """Return the elements of our sets that theirs, of the same name and kind, do not have."""
    lines: list[str] = []
    for name, given in ours.sets.items():
        other = theirs.sets.get(name)
        if other is None or other.kind != given.kind or not given.plain:
            continue
        moved = sorted(set(given.networks) - set(other.networks), key=lambda n: n.network_address)
        if moved:
            lines.append(f"{verb} element {FAMILY} {TABLE} {name} {{ {', '.join(map(str, moved))} }}")
    return lines
