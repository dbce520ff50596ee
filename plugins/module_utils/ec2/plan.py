"""Says in sentences what keeps a declared fleet from being made on EC2. Each names the remedy."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TIERS = ("db", "backend", "frontend", "edge", "build")
# A host's name becomes a DNS label, and that of a server in HAProxy.
NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
# A security group is named by 255 characters at most, not beginning with "sg-" (Amazon EC2 API, CreateSecurityGroup).
LONGEST_NAME = 200
# The first four addresses of a subnet and its last are AWS's own (Amazon VPC user guide, "Subnet CIDR blocks").
RESERVED_FIRST = 4
LARGEST_SUBNET, SMALLEST_SUBNET = 16, 28


def judge_fleet(
    instances: Sequence[Mapping[str, Any]],
    *,
    region: str,
    vpc_id: str,
    vpc_cidr: str,
    subnets: Sequence[Mapping[str, Any]],
    dns_zone: str,
    dns_records: Sequence[Mapping[str, Any]],
    name: str,
) -> list[str]:
    """Return everything that is wrong with the variables of role ec2.

    Args:
        instances: the declared instances, each with a name and tiers
        region: AWS's name of the region
        vpc_id: the VPC that is there already, or nothing
        vpc_cidr: the network of the VPC that is made otherwise
        subnets: subnets of that VPC, each with an ID where the VPC is there already, with a network otherwise
        dns_zone: the zone of the records
        dns_records: names that lead to instances
        name: what everything that belongs to the fleet is named by
    """
    return [
        *_judge_place(region, name),
        *_judge_subnets(vpc_id, vpc_cidr, subnets),
        *_judge_instances(instances),
        *_judge_placement(instances, subnets),
        *_judge_records(instances, dns_zone, dns_records),
    ]


def _judge_place(region: str, name: str) -> Iterator[str]:
    if not region:
        yield "No AWS region is named; set AWS_REGION, for example: export AWS_REGION=eu-central-1."
    elif not REGION.fullmatch(region):
        yield f"{region!r} is no AWS region; set AWS_REGION to one such as eu-central-1."
    if name.startswith("sg-") or len(name) > LONGEST_NAME:
        yield (
            f"Security groups cannot be named by {name!r}; choose an app_name and environment_name that do not begin "
            f"with sg- and have no more than {LONGEST_NAME} characters."
        )


def _judge_subnets(vpc_id: str, vpc_cidr: str, subnets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not subnets:
        yield "ec2_subnets is empty; declare at least one subnet with a name."
    for twice in _repeated(subnet["name"] for subnet in subnets):
        yield f"Two subnets of ec2_subnets are named {twice}; give each a name of its own."
    if vpc_id:
        for subnet in subnets:
            if not subnet.get("id"):
                yield f"Subnet {subnet['name']} has no id; with ec2_vpc_id each of ec2_subnets is one that exists."
        return
    vpc = _network(vpc_cidr)
    if vpc is None:
        yield f"ec2_vpc_cidr {vpc_cidr} is no IPv4 network; write one such as 10.20.0.0/16, without host bits."
    yield from _judge_networks(vpc, subnets)


def _judge_networks(vpc: ipaddress.IPv4Network | None, subnets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    networks: list[tuple[str, ipaddress.IPv4Network]] = []
    for subnet in subnets:
        network = _network(subnet.get("cidr") or "")
        if network is None:
            yield (
                f"Subnet {subnet['name']} has no IPv4 network as its cidr; write one such as 10.20.0.0/24, "
                "without host bits (or name a VPC that exists by ec2_vpc_id, and its subnets by id)."
            )
            continue
        if not LARGEST_SUBNET <= network.prefixlen <= SMALLEST_SUBNET:
            yield f"Subnet {subnet['name']} is a /{network.prefixlen}; AWS takes /16 to /28."
        if vpc is not None and not network.subnet_of(vpc):
            yield f"Subnet {subnet['name']} ({network}) lies outside of ec2_vpc_cidr {vpc}; correct one of them."
        for other, taken in networks:
            if network.overlaps(taken):
                yield f"Subnets {other} and {subnet['name']} overlap ({taken}, {network}); correct one of them."
        networks.append((subnet["name"], network))


def _judge_instances(instances: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for instance in instances:
        name = instance["name"]
        if not NAME.fullmatch(name):
            yield (
                f"{name!r} cannot name an instance; use up to 32 lower-case letters, digits and dashes, "
                "beginning with a letter."
            )
        if unknown := [tier for tier in instance["tiers"] if tier not in TIERS]:
            yield f"Instance {name} is in unknown tier {', '.join(unknown)}; the tiers are {', '.join(TIERS)}."
        if not instance["tiers"]:
            yield f"Instance {name} is in no tier; give it one or more of {', '.join(TIERS)}."
    for twice in _repeated(instance["name"] for instance in instances):
        yield f"Two instances of ec2_instances are named {twice}; give each a name of its own."
    members = Counter(tier for instance in instances for tier in set(instance["tiers"]))
    for tier in TIERS:
        if not members[tier]:
            yield f"No instance of ec2_instances is in tier {tier}; add it to the tiers of one (it may be in several)."
    if members["db"] > 1:
        yield f"{members['db']} instances of ec2_instances are in tier db, but one database is run; leave one of them."


def _judge_placement(instances: Sequence[Mapping[str, Any]], subnets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    networks = {subnet["name"]: _network(subnet.get("cidr") or "") for subnet in subnets}
    for instance in instances:
        subnet = instance.get("subnet") or next(iter(networks), "")
        if networks and subnet not in networks:
            yield f"Instance {instance['name']} is in unknown subnet {subnet}; ec2_subnets has {', '.join(networks)}."
        address = instance.get("private_address")
        if not address:
            continue
        try:
            parsed = ipaddress.IPv4Address(address)
        except ValueError:
            yield f"private_address {address} of instance {instance['name']} is no IPv4 address; correct or remove it."
            continue
        network = networks.get(subnet)
        if network is None:
            continue
        if parsed not in network:
            yield f"private_address {address} of instance {instance['name']} lies outside of its subnet {network}."
        elif int(parsed) - int(network[0]) < RESERVED_FIRST or parsed == network[-1]:
            yield (
                f"private_address {address} of instance {instance['name']} is AWS's own, as the first four of a subnet "
                "and its last are; choose another."
            )
    for twice in _repeated(instance["private_address"] for instance in instances if instance.get("private_address")):
        yield f"Two instances of ec2_instances have the private_address {twice}; give each its own."


def _judge_records(
    instances: Sequence[Mapping[str, Any]], zone: str, records: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    names = [instance["name"] for instance in instances]
    if records and not zone:
        yield "ec2_dns_records has records, but ec2_dns_zone names no zone for them; set it."
    for record in records:
        if record["instance"] not in names:
            yield f"Record {record['name']} leads to unknown instance {record['instance']}; name one of ec2_instances."
        if zone and not f".{record['name'].rstrip('.')}".endswith(f".{zone.rstrip('.')}"):
            yield f"Record {record['name']} is not in zone {zone}; correct it, or ec2_dns_zone."


def _network(text: str) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError:
        return None


def _repeated(values: Iterator[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]
