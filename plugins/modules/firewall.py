#!/usr/bin/python
"""Bring a host's packet filter in line with the access policy, with a way back that needs no one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall
short_description: Load the access table of a host, and arm its return
description:
  - Compares the C(access) table in the kernel with the wanted one. Where they differ, it arms a timer that restores
    the confirmed ruleset, then loads the wanted one in a single transaction.
  - What it loads stays only if M(firewall_confirm) is run over a new SSH connection before the timer ends.
  - Docker's tables, and every other, are left alone. Nothing is flushed and no service is restarted.
options:
  ruleset:
    description: The whole table, as C(nft -f) reads it.
    type: str
    required: true
  files:
    description: Files that have to be there first, such as what is loaded at boot.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Absolute path.
        type: path
        required: true
      content:
        description: The whole content.
        type: str
        required: true
      mode:
        description: Four octal digits in quotes.
        type: str
        required: true
  directory:
    description: Directory of the confirmed ruleset. One of O(files) lies there.
    type: path
    required: true
  rollback_seconds:
    description: Seconds for the confirmation.
    type: int
    default: 30
attributes:
  check_mode:
    support: full
    description: Changes nothing and tells what would change.
  diff_mode:
    support: full
    description: Shows the table rule by rule, each element of a set on a line of its own.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Load the ruleset
  firewall:
    ruleset: "{{ access | access_ruleset(inventory_hostname) }}"
    directory: /etc/jobfolio/firewall
    files:
      - {path: /etc/jobfolio/firewall/lockdown.nft, content: "{{ lockdown }}", mode: "0600"}
  register: loaded

- name: Confirm it over a new connection
  firewall_confirm:
    directory: /etc/jobfolio/firewall
  when: loaded.pending
  vars:
    ansible_ssh_args: -o ControlPath=none
"""

RETURN = r"""
pending:
  description: Whether a ruleset was loaded that waits for its confirmation.
  returned: always
  type: bool
"""

from typing import Any

from ansible.module_utils.access.commit import (
    BOOT_UNIT,
    RIVALS,
    CommitError,
    apply,
    boot_differs,
    confirmed_file,
    refuse_while_pending,
    write,
)
from ansible.module_utils.access.enforcer import EnforcerError, Listing, installed, live, systemctl, would_be
from ansible.module_utils.access.kernel import transaction
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.files.diff import describe
from ansible.module_utils.files.disk import apply as apply_file
from ansible.module_utils.files.plan import Change
from ansible.module_utils.files.private import changes as file_changes
from ansible.module_utils.host.ssh import ssh_connection
from ansible.module_utils.host.system import parse_units

ARGUMENTS = {
    "ruleset": {"type": "str", "required": True},
    "files": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "path": {"type": "path", "required": True},
            "content": {"type": "str", "required": True},
            "mode": {"type": "str", "required": True},
        },
    },
    "directory": {"type": "path", "required": True},
    "rollback_seconds": {"type": "int", "default": 30},
}


def unit_changes(changes: list[Change]) -> list[list[str]]:
    """Return the words for systemctl that have the ruleset loaded at boot, and nobody else's."""
    properties = "--property=Id,LoadState,ActiveState,UnitFileState"
    found = parse_units(systemctl("show", properties, BOOT_UNIT, *RIVALS))
    commands: list[list[str]] = []
    if any(change.path.endswith(".service") for change in changes):
        commands.append(["daemon-reload"])
    if found.get(BOOT_UNIT, {}).get("enabled") != "enabled":
        commands.append(["enable", BOOT_UNIT])
    # Not --now: stopping Debian's nftables.service would flush every table, Docker's too.
    commands += [["mask", unit] for unit in RIVALS if not found.get(unit, {}).get("masked")]
    return commands


def settle(module: AnsibleModule, desired: Listing, found: Listing) -> bool:
    """Bring the kernel and the boot file in line; tell whether a confirmation has to follow."""
    text = module.params["ruleset"]
    if found.table != desired.table:
        seconds = module.params["rollback_seconds"]
        apply(transaction(found.table, desired.table, text), text, ssh_connection(), seconds)
        return True
    if boot_is_other(module):
        # It has proven itself, unless it is in force on trial only: it is in force, and we are here.
        refuse_while_pending()
        write(confirmed_file(module.params["directory"]), text)
    return False


def differences(
    module: AnsibleModule, desired: Listing, found: Listing, units: list[list[str]]
) -> list[dict[str, str]]:
    """Return Ansible's diffs beyond those of the files."""
    directory = module.params["directory"]
    diffs = []
    if found.table != desired.table:
        headers = {"before_header": "kernel: table inet access", "after_header": "policy"}
        diffs.append({**headers, "before": found.text, "after": desired.text})
    elif boot_is_other(module):
        diffs.append({"before_header": f"{directory}/confirmed.nft", "before": "differs\n", "after": "as in force\n"})
    if units:
        done = "".join(f"systemctl {' '.join(words)}\n" for words in units)
        diffs.append({"before_header": "systemd", "after_header": "systemd", "before": "", "after": done})
    return diffs


def boot_is_other(module: AnsibleModule) -> bool:
    """Tell whether another ruleset would be loaded at boot."""
    return bool(boot_differs(module.params["directory"], module.params["ruleset"]))


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if not installed():
        if module.check_mode:
            diff = {"before_header": "kernel: table inet access", "before": "", "after": module.params["ruleset"]}
            module.exit_json(changed=True, pending=False, diff=diff)
        module.fail_json(msg="nft is not there; run playbooks/deploy.yml first, which installs nftables.")
    waits = False
    try:
        files = file_changes(module.params["directory"], module.params["files"])
        found, desired = live(), would_be(module.params["ruleset"])
        units = unit_changes(files)
        diffs = [*map(describe, files), *differences(module, desired, found, units)]
        changed = bool(files or units) or found.table != desired.table or boot_is_other(module)
        if not module.check_mode:
            for change in files:
                apply_file(change)
            for words in units:
                systemctl(*words)
            waits = settle(module, desired, found)
    except (CommitError, EnforcerError, OSError) as error:
        module.fail_json(msg=str(error), pending=False)
    result: dict[str, Any] = {"changed": changed, "pending": waits}
    if module._diff:
        result["diff"] = diffs
    module.exit_json(**result)


if __name__ == "__main__":
    main()
