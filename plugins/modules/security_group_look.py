#!/usr/bin/python
"""Tell what the security groups of an environment let through, and which instances carry which. It changes nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: security_group_look
short_description: Tell what security groups let through, and who carries them
description:
  - Looks at the groups of all tiers, and at all instances that are not terminated. It changes nothing.
  - Runs on the controller, with its credentials for AWS.
options:
  tags:
    description: What the groups are tagged with. Their tag C(tier) says whose they are.
    type: dict
    default: {}
  names:
    description: By tier, the name or the ID of its group. Then O(tags) are not looked at.
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
    description: It only reads.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Look at the security groups
  security_group_look:
    tags: {app: jobfolio, environment: production}
  delegate_to: localhost
  become: false
  run_once: true
  register: groups
"""

RETURN = r"""
groups:
  description: By tier, the C(id) and C(name) of its group, and the rules of its C(ingress) and C(egress).
  returned: always
  type: dict
instances:
  description: Of each instance, its C(id), private C(addresses), and C(groups), names by ID.
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from ansible.module_utils.access.ec2_groups import GroupError, connect, find
    from ansible.module_utils.access.ec2_instances import instances

    LIBRARY_ERROR = None
except ImportError as error:
    LIBRARY_ERROR = error

ARGUMENTS = {
    "tags": {"type": "dict", "default": {}},
    "names": {"type": "dict", "default": {}},
    "region": {"type": "str", "default": ""},
    "endpoint_url": {"type": "str", "default": ""},
}


def look(params: dict[str, Any]) -> dict[str, Any]:
    """Return the groups by tier, and the instances."""
    client = connect(params["region"], params["endpoint_url"])
    return {
        "groups": {
            tier: {
                "id": group.id,
                "name": group.name,
                "ingress": [one.to_dict() for one in group.rules.ingress],
                "egress": [one.to_dict() for one in group.rules.egress],
            }
            for tier, group in find(client, params["tags"], params["names"]).items()
        },
        "instances": instances(client),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if LIBRARY_ERROR is not None:
        module.fail_json(msg=missing_required_lib("boto3"), exception=str(LIBRARY_ERROR))
    try:
        seen = look(module.params)
    except GroupError as refusal:
        module.fail_json(msg=str(refusal))
    module.exit_json(changed=False, **seen)


if __name__ == "__main__":
    main()
