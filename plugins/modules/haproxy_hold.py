#!/usr/bin/python
"""Have requests wait at an edge while what serves them is away."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_hold
short_description: Have requests wait at an edge, and let them go on
description:
  - Speaks to HAProxy's runtime socket on an edge, whose configuration knows of the map (role edge).
  - Where no HAProxy runs nothing is done.
options:
  socket:
    description: HAProxy's runtime socket.
    type: path
    required: true
  backend:
    description: HAProxy backend whose servers are meant.
    type: str
    required: true
  map:
    description: The map, as HAProxy sees it.
    type: path
    default: /etc/haproxy/hold.map
  seconds:
    description:
      - For how long requests wait at most; those that have got to a server are waited for. C(0) lets them go on, as
        soon as O(servers) are up.
    type: int
    required: true
  servers:
    description: Those that shall be up before requests go on.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds to wait for requests that have got to a server, or for servers to be up.
    type: int
    default: 60
attributes:
  check_mode:
    support: full
    description: Tells HAProxy nothing and waits for nothing.
  diff_mode:
    support: none
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Have requests wait for half a minute
  haproxy_hold:
    socket: /var/lib/jobfolio/edge/runtime.sock
    backend: be_backend
    seconds: 30
"""

RETURN = r"""
left:
  description: Requests that were still with a server when the time was over, or servers that were not up.
  returned: always
  type: list
  elements: str
"""

import time
from collections.abc import Callable

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rolling.haproxy import Server, read_stat
from ansible.module_utils.rolling.runtime import CommandError, ask, listening, tell

ARGUMENTS = {
    "socket": {"type": "path", "required": True},
    "backend": {"type": "str", "required": True},
    "map": {"type": "path", "default": "/etc/haproxy/hold.map"},
    "seconds": {"type": "int", "required": True},
    "servers": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 60},
}
INTERVAL = 0.1


def wait(module: AnsibleModule, pending: Callable[[Server], bool]) -> list[str]:
    """Return the servers of which something is still pending when the time is over."""
    end = time.monotonic() + module.params["timeout"]
    while True:
        servers = read_stat(ask(module.params["socket"], "show stat"), module.params["backend"])
        left = [server.name for server in servers.values() if pending(server)]
        if not left or time.monotonic() >= end:
            return left
        time.sleep(INTERVAL)


def hold(module: AnsibleModule) -> list[str]:
    """Hold requests or let them go on; return what is left."""
    socket, place, seconds = module.params["socket"], module.params["map"], module.params["seconds"]
    if seconds:
        tell(socket, [f"clear map {place}", f"add map {place} api {int(time.time()) + seconds}"])
        return wait(module, lambda server: server.sessions > 0)
    left = wait(module, lambda server: server.name in module.params["servers"] and not server.up)
    tell(socket, [f"clear map {place}"])
    return left


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        runs = listening(module.params["socket"])
        left = hold(module) if runs and not module.check_mode else []
    except CommandError as error:
        module.fail_json(
            msg=f"The edge cannot hold requests ({error}); configure it first: playbooks/deploy.yml --limit edge."
        )
    except OSError as error:
        module.fail_json(msg=f"The edge does not answer on {module.params['socket']}: {error}.")
    module.exit_json(changed=False, left=left)


if __name__ == "__main__":
    main()
