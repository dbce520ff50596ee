#!/usr/bin/python
"""Confirm a host's ruleset over a connection that it let in."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall_confirm
short_description: Keep the ruleset that M(firewall) loaded
description:
  - Stops the timer that would restore the former ruleset, and has the new one loaded at boot.
  - Refuses on the connection over which the ruleset was loaded, since that one lives on behind any ruleset.
options:
  directory:
    description: Directory of the confirmed ruleset.
    type: path
    required: true
attributes:
  check_mode:
    support: none
    description: In check mode there is nothing to confirm.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Confirm over a new connection
  firewall_confirm:
    directory: /etc/jobfolio/firewall
  vars:
    ansible_ssh_args: -o ControlPath=none
"""

RETURN = r""" # """

from ansible.module_utils.access.commit import CommitError, confirm
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.host.ssh import ssh_connection


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec={"directory": {"type": "path", "required": True}})
    try:
        confirm(module.params["directory"], ssh_connection())
    except (CommitError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
