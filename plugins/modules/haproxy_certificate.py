#!/usr/bin/python
"""Have a running HAProxy serve the certificate that lies on the disk, without a reload."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_certificate
short_description: Have HAProxy serve the certificate on the disk, where it serves another one
description:
  - The running HAProxy is asked which certificate it serves, so that a run that wrote the file and was interrupted is
    put right by the next. It takes the new one for new connections; those that are open go on.
options:
  socket:
    description: HAProxy's runtime socket.
    type: path
    required: true
  path:
    description: File with the certificate, what is above it, and its key, as the host sees it.
    type: path
    required: true
  name:
    description: The same file as HAProxy's configuration names it.
    type: path
    required: true
attributes:
  check_mode:
    support: full
    description: Says whether HAProxy serves another one than lies there now.
  diff_mode:
    support: none
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Serve the new certificate
  haproxy_certificate:
    socket: /var/lib/jobfolio/edge/runtime.sock
    path: /etc/jobfolio/edge/tls/edge.pem
    name: /etc/haproxy/tls/edge.pem
"""

RETURN = r"""
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rolling.certificate import serve, serves
from ansible.module_utils.rolling.runtime import CommandError

ARGUMENTS = {
    "socket": {"type": "path", "required": True},
    "path": {"type": "path", "required": True},
    "name": {"type": "path", "required": True},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    socket, name = module.params["socket"], module.params["name"]
    try:
        path = Path(module.params["path"])
        # In check mode it may be that nothing was written yet.
        pem = path.read_text() if path.exists() else ""
        changed = bool(pem) and not serves(socket, name, pem)
        if changed and not module.check_mode:
            serve(socket, name, pem)
    except CommandError as error:
        module.fail_json(
            msg=f"HAProxy refuses the new certificate ({error}) and goes on serving the one that it has; run "
            "deploy.yml, which makes its configuration anew."
        )
    except OSError as error:
        module.fail_json(msg=f"HAProxy does not tell which certificate it serves: {error}.")
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
