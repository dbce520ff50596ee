"""A stand-in for AWS in this process: moto's server, which speaks EC2's wire protocol, and a fleet's groups in it."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_ec2.client import EC2Client

TIERS = ("db", "backend", "frontend", "edge", "build")
REGION = "eu-central-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": REGION}


def _same(one: SecurityGroupRule, other: object) -> bool:
    """Tell whether EC2 holds two rules to be one: descriptions do not count. To moto they do, in references."""

    def key(rule: SecurityGroupRule) -> tuple[object, ...]:
        network = rule.ip_range.get("CidrIp"), rule.ip_range.get("CidrIpv6")
        ports = None if rule.ip_protocol == "-1" else (rule.from_port, rule.to_port)
        return rule.ip_protocol, ports, network, rule.source_group.get("GroupId"), rule.prefix_list_id

    return isinstance(other, SecurityGroupRule) and key(one) == key(other)


@contextmanager
def stand_in() -> Iterator[str]:
    """Run the stand-in; give its URL."""
    as_moto_has_it = SecurityGroupRule.__eq__
    SecurityGroupRule.__eq__ = _same  # type: ignore[method-assign]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()
        SecurityGroupRule.__eq__ = as_moto_has_it  # type: ignore[method-assign]


def client(url: str) -> EC2Client:
    """Return a client of the stand-in."""
    key = "testing"
    made: EC2Client = boto3.client(
        "ec2", endpoint_url=url, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=key
    )
    return made


class Account:
    """An environment's groups, as role ec2 makes them, in a VPC of their own."""

    def __init__(self, url: str, environment: str = "") -> None:
        self.url = url
        self.client = client(url)
        self.tags = {"app": "jobfolio", "environment": environment or f"test-{uuid.uuid4().hex[:8]}"}
        vpc = self.client.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)
        self.vpc = vpc["Vpc"]["VpcId"]
        self.ids = {tier: self.make_group(f"{self.tags['environment']}-{tier}", tier=tier) for tier in TIERS}

    def make_group(self, name: str, **tags: str) -> str:
        """Make a group, with the environment's tags and more; return its ID."""
        listed: list[Any] = [{"Key": key, "Value": value} for key, value in {**self.tags, **tags}.items()]
        made = self.client.create_security_group(
            GroupName=name,
            Description="a test's",
            VpcId=self.vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": listed}],
        )
        return made["GroupId"]
