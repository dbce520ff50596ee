"""Other tables of a host that stand in the way: what drops or rejects before, or after, the access table has judged."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .expressions import say
from .finding import KERNEL, Finding
from .nftables import FAMILY, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HOOKS = {"prerouting", "input", "forward", "ingress"}
# Tables of iptables-nft, where Docker keeps its rules.
IPTABLES = {(family, name) for family in ("ip", "ip6") for name in ("filter", "nat", "raw", "mangle", "security")}
# Of a packet that shall not go on.
ENDS = {"drop", "reject"}
# The operator's own, among Docker's chains.
DOCKER_USER = "DOCKER-USER"


@dataclass
class _Chain:
    """A chain, and what nft lists of it."""

    given: Mapping[str, Any]
    rules: list[Mapping[str, Any]] = field(default_factory=list)


Chains = dict[tuple[str, str], dict[str, _Chain]]


def foreign_findings(host: str, listing: str) -> list[Finding]:
    """Return the rules and policies of other tables that end packets on their way in.

    Args:
        host: The host's name.
        listing: What ``nft -j list ruleset`` printed.
    """
    chains: Chains = defaultdict(dict)
    for item in json.loads(listing)["nftables"]:
        (kind, value), *_ = item.items()
        if kind == "chain":
            chains[value["family"], value["table"]][value["name"]] = _Chain(value)
    for item in json.loads(listing)["nftables"]:
        if "rule" in item:
            rule = item["rule"]
            chains[rule["family"], rule["table"]][rule["chain"]].rules.append(rule)
    return [
        finding
        for table, mine in chains.items()
        if table != (FAMILY, TABLE) and not table[1].startswith("docker-")
        for finding in _of_table(host, table, mine)
    ]


def _of_table(host: str, table: tuple[str, str], chains: dict[str, _Chain]) -> Iterator[Finding]:
    seen: set[str] = set()
    for name, chain in chains.items():
        if chain.given.get("hook") not in HOOKS:
            continue
        where = f"table {' '.join(table)}, chain {name}"
        docker_closes = table in IPTABLES and chain.given["hook"] == "forward"
        if chain.given.get("policy") == "drop" and not docker_closes:
            accept = f"nft chain {' '.join(table)} {name} {{ policy accept \\; }}"
            remedy = accept if table in IPTABLES else f"nft delete table {' '.join(table)}"
            yield _finding(host, where, "Its policy is drop: whatever it does not accept ends there.", remedy)
        for inner in _reached(name, chains, seen):
            for rule in chains[inner].rules:
                if _ends(rule["expr"]) and not (table in IPTABLES and _is_dockers(inner, rule["expr"])):
                    one = f"nft delete rule {' '.join(table)} {inner} handle {rule['handle']}"
                    remedy = one if table in IPTABLES else f"nft delete table {' '.join(table)}"
                    place = f"table {' '.join(table)}, chain {inner}"
                    yield _finding(host, place, f"Its rule ends packets: {say(rule['expr'])}.", remedy)


def _finding(host: str, where: str, found: str, remedy: str) -> Finding:
    return Finding(
        KERNEL,
        host,
        "another table drops",
        where,
        f"Only the table {FAMILY} {TABLE} ends packets on their way in; Docker's own rules aside.",
        found,
        f"If nobody needs it: ansible {host} -b -a '{remedy}'; and see that whoever made it does not do so again.",
        "",
    )


def _reached(start: str, chains: Mapping[str, _Chain], seen: set[str]) -> Iterator[str]:
    """Return a chain and those that it leads to, each once."""
    if start in seen or start not in chains:
        return
    seen.add(start)
    yield start
    for rule in chains[start].rules:
        for target in _targets(rule["expr"]):
            yield from _reached(target, chains, seen)


def _targets(given: Any) -> Iterable[str]:  # noqa: ANN401 - what nft prints
    """Return the chains that an expression leads to, in a map of verdicts, too."""
    if isinstance(given, dict):
        for key, value in given.items():
            if key in {"jump", "goto"}:
                yield value["target"]
            else:
                yield from _targets(value)
    elif isinstance(given, list):
        for value in given:
            yield from _targets(value)


def _ends(given: Any) -> bool:  # noqa: ANN401 - what nft prints
    """Tell whether an expression ends a packet, in a map of verdicts, too."""
    if isinstance(given, dict):
        if ENDS & given.keys():
            return True
        if "xt" in given:
            target = given["xt"] or {}
            return target.get("type") == "target" and target.get("name") in {"DROP", "REJECT"}
        return any(_ends(value) for value in given.values())
    return isinstance(given, list) and any(_ends(value) for value in given)


def _is_dockers(chain: str, expression: list[dict[str, Any]]) -> bool:
    """Tell whether a rule is of Docker's making: it stands in a chain of its own, or is about a bridge."""
    if chain.startswith("DOCKER") and chain != DOCKER_USER:
        return True
    names = [
        match["right"]
        for match in (one["match"] for one in expression if "match" in one)
        if match["left"].get("meta", {}).get("key") in {"iifname", "oifname"}
    ]
    return any(
        isinstance(name, str) and (name == "docker0" or name.startswith("br-") or name == "lo") for name in names
    )
