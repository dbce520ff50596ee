#!/usr/bin/python
"""Have a running HAProxy take its changed configuration without losing a connection."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_reload
short_description: Reload HAProxy where it runs with another configuration than the one on disk
description:
  - The configuration carries its own digest in a process variable; the running HAProxy is asked which one it has.
    So a run that wrote the file and was interrupted before the reload is put right by the next.
  - What HAProxy knows of its servers is saved first and handed to the new process, which would otherwise take every
    empty slot for a server that is up.
options:
  runtime_socket:
    description: HAProxy's runtime socket.
    type: path
    required: true
  master_socket:
    description: Socket of HAProxy's master process.
    type: path
    required: true
  state_file:
    description: File that the configuration names as C(server-state-file), as the host sees it.
    type: path
    required: true
  variable:
    description: Process variable that holds the digest of the configuration.
    type: str
    default: proc.config
  digest:
    description: Digest of the configuration on disk.
    type: str
    required: true
attributes:
  check_mode:
    support: full
    description: Says whether it would reload.
  diff_mode:
    support: none
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Take the changed configuration
  haproxy_reload:
    runtime_socket: /var/lib/jobfolio/edge/runtime.sock
    master_socket: /var/lib/jobfolio/edge/master.sock
    state_file: /var/lib/jobfolio/edge/servers.state
    digest: "{{ edge_config | hash('sha256') }}"
"""

RETURN = r"""
running:
  description: Whether a HAProxy runs here. A stopped one reads its configuration when it starts.
  returned: success
  type: bool
said:
  description: What the new process said while it started.
  returned: changed
  type: str
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rolling.haproxy import read_reload, read_variable
from ansible.module_utils.rolling.runtime import ask, listening

ARGUMENTS = {
    "runtime_socket": {"type": "path", "required": True},
    "master_socket": {"type": "path", "required": True},
    "state_file": {"type": "path", "required": True},
    "variable": {"type": "str", "default": "proc.config"},
    "digest": {"type": "str", "required": True},
}
RELOAD_TIMEOUT = 60.0


def reload(runtime: str, master: str, state_file: Path) -> tuple[bool, str]:
    """Reload with the servers' state handed over; return whether it succeeded and what was said."""
    state_file.write_text(ask(runtime, "show servers state"))
    owner = state_file.parent.stat()
    os.chown(state_file, owner.st_uid, owner.st_gid)
    try:
        succeeded, said = read_reload(ask(master, "reload", timeout=RELOAD_TIMEOUT))
    finally:
        # True for this moment only: a restart hours later must not believe it.
        state_file.unlink()
    return succeeded, said


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        if not listening(params["runtime_socket"]):
            module.exit_json(changed=False, running=False)
        if read_variable(ask(params["runtime_socket"], f"get var {params['variable']}")) == params["digest"]:
            module.exit_json(changed=False, running=True)
        if module.check_mode:
            module.exit_json(changed=True, running=True, said="")
        succeeded, said = reload(params["runtime_socket"], params["master_socket"], Path(params["state_file"]))
    except OSError as error:
        module.fail_json(msg=f"HAProxy cannot be reloaded: {error}")
    if not succeeded:
        module.fail_json(msg=f"HAProxy refuses its new configuration and goes on with the old one: {said}")
    module.exit_json(changed=True, running=True, said=said)


if __name__ == "__main__":
    main()
