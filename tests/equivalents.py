"""Other spellings of the same: an nft listing and a security group, rewritten at random to let through no other."""

from __future__ import annotations

import copy
import json
from ipaddress import ip_address, ip_network, summarize_address_range
from itertools import groupby
from typing import TYPE_CHECKING, Any

from access.expressions import say

if TYPE_CHECKING:
    from random import Random

    from access.model import Network

Json = dict[str, Any]
SOURCES = {"ip saddr", "ip6 saddr"}


def listing(given: str, random: Random) -> str:
    """Return another spelling of what ``nft -j list table`` printed."""
    objects = [next(iter(one.items())) for one in json.loads(given)["nftables"]]
    sets = {value["name"]: value for kind, value in objects if kind == "set"}
    others = [(kind, _set(value, random) if kind == "set" else value) for kind, value in objects if kind != "rule"]
    rules: list[Json] = []
    for _, mine in groupby((value for kind, value in objects if kind == "rule"), key=lambda rule: rule["chain"]):
        # Neighbours that do the same to a packet may stand in any order.
        for _, run in groupby(mine, key=lambda rule: json.dumps([one for one in rule["expr"] if "match" not in one])):
            spelled = [other for rule in run for other in _rule(rule, sets, random)]
            random.shuffle(spelled)
            rules += spelled
    return json.dumps({"nftables": [{kind: value} for kind, value in [*others, *(("rule", rule) for rule in rules)]]})


def text(given: str) -> str:
    """Return a listing as ``nft -f`` reads it: nft 1.0.6 does not take all of its own JSON."""
    objects = [next(iter(one.items())) for one in json.loads(given)["nftables"]]
    lines = ["table inet access {"]
    for kind, value in objects:
        if kind == "set":
            elements = ", ".join(map(str, map(_network, value.get("elem", []))))
            flags = f"flags {','.join(value['flags'])};" if "flags" in value else ""
            lines.append(f"set {value['name']} {{ type {value['type']}; {flags} elements = {{ {elements} }}; }}")
    # A chain that others lead to comes before them.
    chains = [value for kind, value in objects if kind == "chain"]
    for chain in sorted(chains, key=lambda one: "hook" in one):
        hook = "type {type} hook {hook} priority {prio}; policy {policy};".format(**chain) if "hook" in chain else ""
        rules = [say(rule["expr"]) for kind, rule in objects if kind == "rule" and rule["chain"] == chain["name"]]
        lines += [f"chain {chain['name']} {{", hook, *rules, "}"]
    return "\n".join([*lines, "}", ""])


def _set(given: Json, random: Random) -> Json:
    parts = [part for element in given.get("elem", []) for part in _split(_network(element), random)]
    random.shuffle(parts)
    return given | {"elem": [_element(part, random) for part in parts]}


def _network(element: Any) -> Network:  # noqa: ANN401 - JSON
    if isinstance(element, str):
        return ip_network(element)
    if "range" in element:
        first, last = map(ip_address, element["range"])
        (network,) = summarize_address_range(first, last)
        return network
    return ip_network(f"{element['prefix']['addr']}/{element['prefix']['len']}")


def _split(network: Network, random: Random) -> list[Network]:
    if network.prefixlen == network.max_prefixlen or random.random() < 0.5:
        return [network]
    return [part for half in network.subnets() for part in _split(half, random)]


def _element(network: Network, random: Random) -> Any:  # noqa: ANN401 - JSON
    first, last = str(network.network_address), str(network.broadcast_address)
    forms: list[Any] = [{"prefix": {"addr": first, "len": network.prefixlen}}, {"range": [first, last]}]
    return random.choice([forms[0], first] if first == last else forms)


def _rule(given: Json, sets: dict[str, Json], random: Random) -> list[Json]:
    rule = copy.deepcopy(given)
    rule["expr"] = [one for one in rule["expr"] if "counter" not in one or random.random() < 0.5]
    if random.random() < 0.3:
        rule["comment"] = "somebody was here"
    spelled = [rule]
    for at, one in enumerate(rule["expr"]):
        choices = _matches(one["match"], sets, random) if "match" in one else [one]
        spelled = [_with(each, at, choice) for each in spelled for choice in choices]
    matches = [len([one for one in each["expr"] if "match" in one]) for each in spelled]
    for each, count in zip(spelled, matches, strict=True):
        head = each["expr"][:count]
        random.shuffle(head)
        # Without the protocol before them, nft does not know what a connection's ports are.
        head.sort(key=lambda one: one["match"]["left"] != {"meta": {"key": "l4proto"}})
        each["expr"][:count] = head
    return spelled


def _with(rule: Json, at: int, choice: Json) -> Json:
    other = copy.deepcopy(rule)
    other["expr"][at] = choice
    return other


def _matches(match: Json, sets: dict[str, Json], random: Random) -> list[Json]:
    """Return matches of which each stands in a rule of its own, and that together are the given one."""
    left, right = match["left"], match["right"]
    payload = left.get("payload", {})
    name = f"{payload.get('protocol')} {payload.get('field')}"
    rights: list[Any] = [right]
    if isinstance(right, str) and right.startswith("@") and random.random() < 0.5:
        elements = sets[right[1:]]["elem"]
        rights = [{"set": elements}] if random.random() < 0.5 else elements
    elif name.endswith(" dport") and isinstance(right, dict) and random.random() < 0.7:
        rights = _ports(right, random)
    elif isinstance(right, dict) and "set" in right and random.random() < 0.5:
        rights = right["set"]
    elif left == {"meta": {"key": "nfproto"}} and random.random() < 0.5:
        family, everyone = ("ip", "0.0.0.0") if right == "ipv4" else ("ip6", "::")
        source = {"payload": {"protocol": family, "field": "saddr"}}
        return [{"match": {"op": "==", "left": source, "right": {"prefix": {"addr": everyone, "len": 0}}}}]
    return [{"match": {**match, "right": one}} for one in rights]


def _ports(right: Json, random: Random) -> list[Any]:
    if "set" in right:
        ranges: list[Any] = right["set"]
        return ranges if random.random() < 0.5 else [{"set": random.sample(ranges, len(ranges))}]
    first, last = right["range"]
    middle = random.randint(first, last - 1)
    parts = [low if low == high else {"range": [low, high]} for low, high in ((first, middle), (middle + 1, last))]
    return parts if random.random() < 0.5 else [{"set": parts}]


def group(given: Json, random: Random) -> Json:
    """Return another spelling of a group that ``DescribeSecurityGroups`` told."""
    return given | {way: _permissions(given[way], random) for way in ("IpPermissions", "IpPermissionsEgress")}


def _permissions(given: list[Json], random: Random) -> list[Json]:
    spelled = []
    for one in given:
        for ports in _group_ports(one, random):
            for kind, word in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
                spelled += [
                    {**ports, kind: [{**item, word: str(part)}]}
                    for item in one.get(kind, [])
                    for part in _halves(ip_network(item[word]), random)
                ]
            spelled += [{**ports, "UserIdGroupPairs": [pair]} for pair in one.get("UserIdGroupPairs", [])]
    random.shuffle(spelled)
    return spelled


def _halves(network: Network, random: Random) -> list[Network]:
    whole = network.prefixlen == network.max_prefixlen or random.random() < 0.5
    return [network] if whole else list(network.subnets())


def _group_ports(one: Json, random: Random) -> list[Json]:
    proto = random.choice([one["IpProtocol"], {"tcp": "6", "udp": "17"}.get(one["IpProtocol"], one["IpProtocol"])])
    if proto == "-1":
        ports: Json = random.choice([{}, {"FromPort": -1, "ToPort": -1}, {"FromPort": 0, "ToPort": 65535}])
        return [{"IpProtocol": proto, **ports}]
    first, last = one["FromPort"], one["ToPort"]
    if first == last or random.random() < 0.5:
        return [{"IpProtocol": proto, "FromPort": first, "ToPort": last}]
    middle = random.randint(first, last - 1)
    return [
        {"IpProtocol": proto, "FromPort": low, "ToPort": high} for low, high in ((first, middle), (middle + 1, last))
    ]
