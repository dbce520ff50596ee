#!/usr/bin/python
"""Have a server show the certificate that lies on the disk."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_reload
short_description: Have a server reload its certificate, where it shows another one than lies on the disk
description:
  - The server is asked over TLS which certificate it shows, before and after, so that a run that wrote the file and was
    interrupted is put right by the next, and a server that keeps the former one is found.
options:
  path:
    description: File with the certificate, as PEM.
    type: path
    required: true
  host:
    description: Address on which the server listens.
    type: str
    required: true
  port:
    description: Port on which it listens.
    type: int
    required: true
  postgres:
    description: Whether it speaks PostgreSQL's protocol, in which TLS has to be asked for.
    type: bool
    default: false
  command:
    description: What has it reload.
    type: list
    elements: str
    required: true
  timeout:
    description: Seconds in which it has to answer, and then to show the new one.
    type: int
    default: 30
attributes:
  check_mode:
    support: full
    description: Says whether the server shows another one than lies there now.
  diff_mode:
    support: none
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Have PostgreSQL take its new certificate
  certificate_reload:
    path: /etc/jobfolio/postgres/secrets/postgres.crt
    host: 10.0.0.11
    port: 5432
    postgres: true
    command: [docker, exec, postgres, sh, -c, kill -HUP 1]
"""

RETURN = r"""
"""

import time
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.tls.served import shown, stored

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "postgres": {"type": "bool", "default": False},
    "command": {"type": "list", "elements": "str", "required": True},
    "timeout": {"type": "int", "default": 30},
}
INTERVAL = 0.1


def wait(params: dict[str, Any], good: Callable[[bytes], bool]) -> bytes:
    """Return what the server shows as soon as that is good, or at the end of the time; raises OSError without any."""
    end = time.monotonic() + params["timeout"]
    while True:
        try:
            certificate: bytes = shown(params["host"], params["port"], postgres=params["postgres"])
            if good(certificate) or time.monotonic() > end:
                return certificate
        # It may have been started a moment ago.
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(INTERVAL)


def reload(module: AnsibleModule) -> bool:
    """Return whether the server showed another certificate; it shows the one on the disk now, or the module fails."""
    params = module.params
    wanted = stored(params["path"])
    if wait(params, lambda _: True) == wanted:
        return False
    module.run_command(params["command"], check_rc=True)
    if wait(params, lambda certificate: certificate == wanted) != wanted:
        module.fail_json(
            msg=f"{params['host']}:{params['port']} goes on showing another certificate than {params['path']}; see its "
            "log for why, and run this again before the former one expires."
        )
    return True


def would_reload(params: dict[str, Any]) -> bool:
    """Return the same for check mode, in which there may be neither a file nor a server yet."""
    try:
        return bool(shown(params["host"], params["port"], postgres=params["postgres"]) != stored(params["path"]))
    except OSError:
        return False


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        changed = would_reload(params) if module.check_mode else reload(module)
    except (OSError, ValueError) as error:
        module.fail_json(
            msg=f"{params['host']}:{params['port']} shows no certificate to compare with {params['path']} ({error}); "
            "see that it runs: docker ps."
        )
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
