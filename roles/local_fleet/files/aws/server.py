"""Starts moto's server, which speaks EC2's wire protocol, with some differences from AWS put right."""

from __future__ import annotations

import sys
from typing import Any

from moto.ec2.models.elastic_block_store import Volume
from moto.ec2.models.instances import InstanceBackend, MetadataOptions
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE
from moto.server import main

KEPT = {
    "http_tokens": "HttpTokens",
    "hop_limit": "HttpPutResponseHopLimit",
    "http_endpoint": "HttpEndpoint",
    "http_protocol": "HttpProtocolIpv6",
    "metadata_tags": "InstanceMetadataTags",
}


def modify_instance_metadata_options(
    backend: InstanceBackend,
    instance_id: str,
    dry_run: bool | None = False,  # noqa: ARG001  moto passes it
    **given: Any,  # noqa: ANN401  texts and a number
) -> MetadataOptions:
    """Change what is given and keep the rest, as AWS does: moto forgets what is not given."""
    instance = backend.get_instance(instance_id)
    options = instance.metadata_options
    before = {
        "HttpTokens": options.http_tokens,
        "HttpPutResponseHopLimit": options.http_put_response_hop_limit,
        "HttpEndpoint": options.http_endpoint,
        "HttpProtocolIpv6": options.http_protocol_ipv6,
        "InstanceMetadataTags": options.instance_metadata_tags,
    }
    changed = {KEPT[name]: value for name, value in given.items() if value is not None}
    instance.metadata_options = MetadataOptions(before | changed)
    return instance.metadata_options


def always(name: str, otherwise: object) -> property:
    """Return an attribute that says something else where moto says nothing."""
    return property(lambda it: vars(it).get(name) or otherwise, lambda it, value: vars(it).update({name: value}))


def same_rule(one: SecurityGroupRule, other: object) -> bool:
    """Tell whether two rules of a group are one. To AWS their descriptions do not count."""

    def key(rule: SecurityGroupRule) -> tuple[object, ...]:
        network = rule.ip_range.get("CidrIp"), rule.ip_range.get("CidrIpv6")
        ports = None if rule.ip_protocol == "-1" else (rule.from_port, rule.to_port)
        return rule.ip_protocol, ports, network, rule.source_group.get("GroupId"), rule.prefix_list_id

    return isinstance(other, SecurityGroupRule) and key(one) == key(other)


# Without it, tags of an Elastic IP are not found again, and every run sets them.
EC2_PREFIX_TO_RESOURCE["eipalloc"] = "elastic-ip"
# AWS always says whether a volume may be attached twice, and which snapshot it was made from, if only "".
Volume.multi_attach_enabled = always("multi_attach_enabled", otherwise=False)  # type: ignore[assignment]
Volume.snapshot_id = always("snapshot_id", otherwise="")  # type: ignore[assignment]
InstanceBackend.modify_instance_metadata_options = modify_instance_metadata_options  # type: ignore[assignment]
SecurityGroupRule.__eq__ = same_rule  # type: ignore[method-assign]

if __name__ == "__main__":
    main(sys.argv[1:])
