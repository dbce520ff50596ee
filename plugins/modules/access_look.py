#!/usr/bin/python
"""Tell what of a host is not as the access policy wants it, and which ports wait there. It changes nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: access_look
short_description: Compare a host's packet filter with the access policy
description:
  - Compares the C(access) table in the kernel with the wanted one. The wanted one is loaded in a network namespace of
    its own, where nobody is, so that the same nft lists both.
  - Looks at the files and units that load it at boot, at units and tables that stand in its way, and at a ruleset that
    waits for its confirmation. Tells the ports that are listening or published; the controller judges those.
  - It changes nothing.
options:
  host:
    description: The host's name in the inventory, for the sentences.
    type: str
    required: true
  ruleset:
    description: The whole table, as C(nft -f) reads it.
    type: str
    required: true
  files:
    description: Files that have to be there, such as what is loaded at boot.
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
attributes:
  check_mode:
    support: full
    description: It only reads.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Look at the host
  access_look:
    host: "{{ inventory_hostname }}"
    ruleset: "{{ access_model | access_ruleset(inventory_hostname) }}"
    directory: /etc/jobfolio/firewall
    files:
      - {path: /etc/jobfolio/firewall/lockdown.nft, content: "{{ lockdown }}", mode: "0600"}
  register: look
"""

RETURN = r"""
findings:
  description: What differs, each with C(place), C(host_or_group), C(kind), C(subject), C(expected), C(found),
    C(remedy), C(repaired_by), and the C(proto), C(ports) and C(networks) whose fate it changes.
  returned: always
  type: list
  elements: dict
ports:
  description: Taken ports, each with C(proto), C(address), C(port), C(process) and C(container).
  returned: always
  type: list
  elements: dict
container_networks:
  description: Subnets of the host's own containers.
  returned: always
  type: list
  elements: str
ephemeral_ports:
  description: First and last port that the kernel gives to clients.
  returned: always
  type: list
  elements: int
"""

import time
from typing import Any

from ansible.module_utils.access.commit import BOOT_UNIT, RIVALS, boot_differs, pending
from ansible.module_utils.access.drift_kernel import kernel_findings
from ansible.module_utils.access.enforcer import EnforcerError, everything, installed, live, would_be
from ansible.module_utils.access.finding import Finding
from ansible.module_utils.access.foreign import foreign_findings
from ansible.module_utils.access.host_drift import Boot, boot_findings, nft_missing, refused
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.files.plan import RefusedError
from ansible.module_utils.files.private import changes
from ansible.module_utils.host.observe import read_docker, read_socket_owners, read_sockets, read_text, read_units
from ansible.module_utils.host.sockets import taken_ports

ARGUMENTS = {
    "host": {"type": "str", "required": True},
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
}
# ip_local_port_range in ip-sysctl(7), where it cannot be read.
EPHEMERAL = "32768 60999"


def findings(params: dict[str, Any]) -> list[Finding]:
    """Return what differs in the kernel, and in what leads to it at boot."""
    host, directory = params["host"], params["directory"]
    if not installed():
        return [nft_missing(host)]
    waiting = pending()
    boot = Boot(
        files=[change.path for change in changes(directory, params["files"])],
        other_ruleset=boot_differs(directory, params["ruleset"]),
        directory=directory,
        units=read_units([BOOT_UNIT, *RIVALS]),
        waits=waiting.deadline - time.time() if waiting else None,
    )
    try:
        desired = would_be(params["ruleset"]).table
        kernel: list[Finding] = kernel_findings(host, desired, live().table)
    except EnforcerError as error:
        kernel = [refused(host, str(error))]
    return [*kernel, *foreign_findings(host, everything()), *boot_findings(host, boot)]


def ports() -> dict[str, Any]:
    """Return the ports that wait, and what it takes to judge them."""
    docker = read_docker()
    first, last = (read_text("/proc/sys/net/ipv4/ip_local_port_range") or EPHEMERAL).split()
    return {
        "ports": taken_ports(read_sockets(), read_socket_owners(), docker["containers"], ""),
        "container_networks": [subnet for subnets in docker["networks"].values() for subnet in subnets],
        "ephemeral_ports": [int(first), int(last)],
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        found = findings(module.params)
    except (OSError, EnforcerError, RefusedError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, findings=[one.to_dict() for one in found], **ports())


if __name__ == "__main__":
    main()
