"""The instances of an account and region, as far as access is concerned, read over EC2's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from .ec2_groups import GroupError, explain

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client

# Whatever still is, or may be again, on the network.
STATES = ["pending", "running", "stopping", "stopped"]


def instances(client: EC2Client) -> list[dict[str, Any]]:
    """Return of each instance its ``id``, its private ``addresses``, and its ``groups``: names by ID.

    Raises:
        GroupError: AWS did not answer.
    """
    try:
        pages = client.get_paginator("describe_instances").paginate(
            Filters=[{"Name": "instance-state-name", "Values": STATES}]
        )
        return [_instance(dict(one)) for page in pages for held in page["Reservations"] for one in held["Instances"]]
    except (BotoCoreError, ClientError) as error:
        raise GroupError(explain(error)) from error


def _instance(given: dict[str, Any]) -> dict[str, Any]:
    """Return an instance in our words. Its groups are those of its first interface; further ones carry their own."""
    interfaces = given.get("NetworkInterfaces", [])
    further = [one for one in interfaces if one.get("Attachment", {}).get("DeviceIndex", 0)]
    carried = [*given.get("SecurityGroups", []), *(group for one in further for group in one.get("Groups", []))]
    six = [item["Ipv6Address"] for one in interfaces for item in one.get("Ipv6Addresses", [])]
    four = [item["PrivateIpAddress"] for one in interfaces for item in one.get("PrivateIpAddresses", [])]
    addresses = dict.fromkeys(filter(None, [given.get("PrivateIpAddress"), *four, *six]))
    return {
        "id": given["InstanceId"],
        "addresses": list(addresses),
        "groups": {group["GroupId"]: group["GroupName"] for group in carried},
    }
