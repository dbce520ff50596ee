#!/usr/bin/python
"""Bring the security groups of an environment in line with the access policy."""

from __future__ import annotations

DOCUMENTATION = r"""
module: security_group_rules
short_description: Give the security groups of all tiers exactly the rules of the access policy
description:
  - Looks at the groups of all tiers in one call, and changes those that differ, rule by rule. What is not wanted goes,
    whoever added it. Descriptions are changed in place.
  - Rules are added before others are taken away, so that whoever may pass before and after may pass all the time.
  - Hosts are let out to everywhere. The groups themselves are made by M(amazon.aws.ec2_security_group).
  - Runs on the controller, with its credentials for AWS.
options:
  permissions:
    description: By tier, what its group lets in.
    type: dict
    required: true
  only_narrow:
    description:
      - Only take away what is not wanted, and add nothing but what is left of rules that are wanted in part.
      - This is for the moment before the hosts learn of a new policy.
    type: bool
    default: false
  tags:
    description: What the groups are tagged with. Their tag C(tier) says whose they are.
    type: dict
    default: {}
  names:
    description: By tier, the name or the ID of its group. Then O(tags) are not looked at.
    type: dict
    default: {}
  members:
    description: By tier, the private addresses of its hosts, so that a rule for a network can become one for a tier
      without shutting out the tier in between.
    type: dict
    default: {}
  region:
    description: The region of AWS. By default that of E(AWS_REGION), E(AWS_DEFAULT_REGION) or the profile.
    type: str
    default: ""
  endpoint_url:
    description: Where EC2's API is. By default E(AWS_ENDPOINT_URL), or else AWS itself.
    type: str
    default: ""
requirements:
  - boto3
attributes:
  check_mode:
    support: full
    description: Changes nothing and tells what would change. A group that is not there yet counts as one without rules.
  diff_mode:
    support: full
    description: Shows the groups that differ before and after, a line for each rule.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Bring the security groups in line with the policy
  security_group_rules:
    permissions: "{{ access_model | access_permissions }}"
    tags: {app: jobfolio, environment: production}
  delegate_to: localhost
  become: false
  run_once: true

- name: Let one address reach one port, and nobody anything else
  security_group_rules:
    permissions:
      db:
        - {proto: tcp, ports: "5432", peer: 198.51.100.7/32, description: "postgres: ana"}
    names: {db: sg-0123456789abcdef0}
    region: eu-central-1
  delegate_to: localhost
  become: false
  run_once: true
"""

RETURN = r"""
groups:
  description: By tier, its group (C(id)) and the rules that came (C(authorized)), went (C(revoked)) and have another
    description (C(redescribed)), a line each.
  returned: always
  type: dict
  sample:
    db:
      id: sg-0123456789abcdef0
      authorized: ["tcp 5432 from 198.51.100.7/32 (postgres: ana)"]
      revoked: []
      redescribed: []
"""

from ipaddress import ip_network
from typing import Any

from ansible.module_utils.access.security_groups import Permission, Rules, target, tell
from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from ansible.module_utils.access.ec2_groups import Group, GroupError, carry_out, connect, find

    LIBRARY_ERROR = None
except ImportError as error:
    LIBRARY_ERROR = error

ARGUMENTS = {
    "permissions": {"type": "dict", "required": True},
    "only_narrow": {"type": "bool", "default": False},
    "tags": {"type": "dict", "default": {}},
    "names": {"type": "dict", "default": {}},
    "members": {"type": "dict", "default": {}},
    "region": {"type": "str", "default": ""},
    "endpoint_url": {"type": "str", "default": ""},
}
MISSING = (
    "There is no security group of tier {tiers} ({sought}) in the region: run playbooks/provision.yml, which makes it."
)


def wanted_of(params: dict[str, Any]) -> dict[str, list[Permission]]:
    """Return what each tier's group is to let in.

    Raises:
        ValueError: What is given cannot be read; the message says where.
    """
    wanted: dict[str, list[Permission]] = {}
    for tier, given in params["permissions"].items():
        try:
            wanted[tier] = [Permission.from_dict(one) for one in given]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"permissions, {tier}: {error!r}; filter access_permissions writes them.") from error
    return wanted


def groups_of(module: AnsibleModule, found: dict[str, Group]) -> list[Group]:
    """Return the groups that are to have rules. In check mode one that is not there counts as empty."""
    tiers, sought = module.params["permissions"], module.params["names"] or module.params["tags"]
    missing = sorted(set(tiers) - set(found))
    if missing:
        words = ", ".join(f"{key}={value}" for key, value in sought.items())
        sentence = MISSING.format(tiers=", ".join(missing), sought=words)
        if not module.check_mode:
            module.fail_json(msg=sentence)
        module.warn(sentence)
    return [found.get(tier) or Group(tier, "not made yet", f"of tier {tier}", Rules([], [])) for tier in tiers]


def diff_of(group: Group, after: Rules) -> dict[str, str]:
    """Return Ansible's diff of a group, a line for each rule."""
    before, wanted = ("".join(f"{line}\n" for line in rules.lines()) for rules in (group.rules, after))
    header = f"security group {group.name} ({group.id})"
    return {"before_header": header, "after_header": header, "before": before, "after": wanted}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Bring the groups in line; return the module's result."""
    params = module.params
    wanted = wanted_of(params)
    members = {tier: tuple(map(ip_network, given)) for tier, given in params["members"].items()}
    client = connect(params["region"], params["endpoint_url"])
    found = find(client, params["tags"], params["names"])
    ids = {tier: group.id for tier, group in found.items()}
    result: dict[str, Any] = {"changed": False, "groups": {}}
    diffs: list[dict[str, str]] = []
    for group in groups_of(module, found):
        after = target(group.rules, wanted[group.tier], members, only_narrow=params["only_narrow"])
        told = tell(group.rules, after)
        result["groups"][group.tier] = {"id": group.id, **told}
        if any(told.values()):
            result["changed"] = True
            diffs.append(diff_of(group, after))
            if not module.check_mode:
                carry_out(client, group, after, ids, members)
    if module._diff:
        result["diff"] = diffs
    return result


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if LIBRARY_ERROR is not None:
        module.fail_json(msg=missing_required_lib("boto3"), exception=str(LIBRARY_ERROR))
    try:
        result = run(module)
    except (GroupError, ValueError) as refusal:
        module.fail_json(msg=str(refusal))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
