"""The security groups of an environment, found and changed over EC2's API. What is to change, security_groups says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)

from .security_groups import Members, Rules, read, steps, to_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from types_boto3_ec2.client import EC2Client

# Where amazon.aws looks for the region, in its order.
REGIONS = ("AWS_REGION", "EC2_REGION", "AWS_DEFAULT_REGION")
NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    ProfileNotFound,
)
# AWS does not know who asks, or no longer.
REFUSED_CREDENTIALS = {"AuthFailure", "InvalidClientTokenId", "ExpiredToken", "RequestExpired", "SignatureDoesNotMatch"}
REFUSED_PERMISSION = {"UnauthorizedOperation", "AccessDenied"}
# Somebody else was faster.
DONE = {"InvalidPermission.Duplicate", "InvalidPermission.NotFound"}
FULL = "RulesPerSecurityGroupLimitExceeded"
GONE = "InvalidGroup.NotFound"
REMEDY_FOR_CREDENTIALS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role"


class GroupError(Exception):
    """AWS did not do what it was asked for; the message is a sentence with the remedy."""


@dataclass(frozen=True)
class Group:
    """The security group of a tier, as AWS has it."""

    tier: str
    id: str
    name: str
    rules: Rules


def connect(region: str = "", endpoint: str = "") -> EC2Client:
    """Return a client of EC2; what is not given comes from the environment, as it does for amazon.aws.

    Raises:
        GroupError: There is no region.
    """
    found = region or next(filter(None, map(os.environ.get, REGIONS)), None)
    try:
        session = boto3.session.Session(region_name=found)
        if not session.region_name:
            raise GroupError("AWS needs a region: set AWS_REGION, for example export AWS_REGION=eu-central-1.")
        config = Config(retries={"mode": "standard", "max_attempts": 6}, connect_timeout=10)
        client: EC2Client = session.client("ec2", endpoint_url=endpoint or None, config=config)
    except (BotoCoreError, ValueError) as error:
        raise GroupError(explain(error)) from error
    return client


def find(client: EC2Client, tags: Mapping[str, str], names: Mapping[str, str] | None = None) -> dict[str, Group]:
    """Return the group of each tier, with what it lets in and out.

    Args:
        client: Of EC2.
        tags: What the groups are tagged with; their tier stands in another tag of theirs, ``tier``.
        names: By tier, the name or ID of its group, where they are found so instead.

    Raises:
        GroupError: AWS did not answer, or two groups claim a tier.
    """
    found: dict[str, dict[str, Any]] = {}
    for given in _describe(client, tags, names or {}):
        tagged = {tag["Key"]: tag["Value"] for tag in given.get("Tags", [])}
        named = [tier for tier, name in (names or {}).items() if name in {given["GroupId"], given["GroupName"]}]
        for tier in named if names else filter(None, [tagged.get("tier")]):
            if tier in found:
                raise GroupError(
                    f"Both {found[tier]['GroupId']} and {given['GroupId']} are the security group of tier {tier}: take "
                    "the tags off the one that is not, or name the other by its ID in security_groups_names."
                )
            found[tier] = given
    tiers = {given["GroupId"]: tier for tier, given in found.items()}
    return {
        tier: Group(tier, given["GroupId"], given["GroupName"], read(given, tiers)) for tier, given in found.items()
    }


def _describe(client: EC2Client, tags: Mapping[str, str], names: Mapping[str, str]) -> Iterable[Any]:
    """Return what EC2 tells of the groups: in one call, or in two where some are known by name and some by ID."""
    filters = [{f"tag:{key}": [value] for key, value in tags.items()}]
    if names:
        ids = [name for name in names.values() if name.startswith("sg-")]
        others = [name for name in names.values() if name not in ids]
        filters = [{key: values} for key, values in (("group-id", ids), ("group-name", others)) if values]
    try:
        for one in filters:
            pages = client.get_paginator("describe_security_groups").paginate(
                Filters=[{"Name": key, "Values": values} for key, values in one.items()]
            )
            for page in pages:
                yield from page["SecurityGroups"]
    except (BotoCoreError, ClientError) as error:
        raise GroupError(explain(error)) from error


def carry_out(
    client: EC2Client, group: Group, after: Rules, ids: Mapping[str, str], members: Members | None = None
) -> None:
    """Bring a group from the rules that it has to others, in the order of `steps`.

    Args:
        client: Of EC2.
        group: The group, as it is.
        after: The rules that it is to have.
        ids: By tier, the ID of its group.
        members: By tier, the private addresses of its hosts.

    Raises:
        GroupError: AWS did not do it.
    """
    calls: dict[str, tuple[Any, Any]] = {
        "authorize": (client.authorize_security_group_ingress, client.authorize_security_group_egress),
        "revoke": (client.revoke_security_group_ingress, client.revoke_security_group_egress),
        "redescribe": (
            client.update_security_group_rule_descriptions_ingress,
            client.update_security_group_rule_descriptions_egress,
        ),
    }
    for way, (existing, wanted) in enumerate(zip(group.rules, after, strict=True)):
        for step in steps(existing, wanted, members):
            try:
                _call(calls[step.verb][way], group.id, [to_api(one, ids) for one in step.permissions])
            except (BotoCoreError, ClientError) as error:
                raise GroupError(explain(error, f"{group.name} ({group.id})")) from error


def _call(call: Any, group: str, permissions: list[dict[str, Any]]) -> None:  # noqa: ANN401 - any of six methods
    """Call EC2. What somebody else did in the meantime counts as done: EC2 refuses the whole list for it."""
    try:
        call(GroupId=group, IpPermissions=permissions)
    except ClientError as error:
        if error.response["Error"]["Code"] not in DONE:
            raise
        for one in permissions if len(permissions) > 1 else []:
            _call(call, group, [one])


def explain(error: Exception, group: str = "the security group") -> str:
    """Return what an error of AWS means, and what to do about it, in one sentence."""
    if isinstance(error, ClientError):
        return _explain_answer(error, group)
    said = str(error).rstrip(".")
    if isinstance(error, NO_CREDENTIALS):
        return f"There are no credentials for AWS ({said}): {REMEDY_FOR_CREDENTIALS}."
    if isinstance(error, (ConnectionError, HTTPClientError)):
        return f"AWS does not answer ({said}): check AWS_REGION, AWS_ENDPOINT_URL and the network."
    return f"AWS cannot be asked ({said}): check AWS_REGION, AWS_ENDPOINT_URL and AWS_PROFILE."


def _explain_answer(error: ClientError, group: str) -> str:
    """Return what it means that AWS answered so."""
    code, asked = error.response["Error"]["Code"], error.operation_name
    said = error.response["Error"].get("Message", code).rstrip(".")
    if code in REFUSED_CREDENTIALS:
        return f"AWS refuses the credentials ({said}): {REMEDY_FOR_CREDENTIALS}."
    if code in REFUSED_PERMISSION:
        return f"The credentials for AWS do not allow it: have IAM allow them ec2:{asked}."
    if code == FULL:
        return (
            f"{group} has no room: for a moment old and new rules together are more than AWS allows. Name fewer, wider "
            "sources, merge ports into ranges, change the policy in two runs, or have the quota of rules raised."
        )
    if code == GONE:
        return f"{group} is gone, or one that it refers to ({said}): run playbooks/provision.yml, which makes it."
    return f"AWS refused {asked} of {group} ({code}: {said}): mend that, and run the playbook again."
