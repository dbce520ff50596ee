#!/usr/bin/python
"""Move traffic between the servers of an edge, and wait until it has moved."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_servers
short_description: Bring servers into service on an edge, drain others, and wait for both
description:
  - Speaks to HAProxy's runtime socket on an edge. All in one run, in this order - O(serve), O(drain), O(vacate).
  - Where no HAProxy runs, or where it knows none of the servers, nothing is routed to them and nothing needs doing.
options:
  socket:
    description: HAProxy's runtime socket.
    type: path
    required: true
  backend:
    description: HAProxy backend of the servers.
    type: str
    required: true
  serve:
    description: Servers that shall take requests. Waits until HAProxy's own checks find them up.
    type: list
    elements: str
    default: []
  drain:
    description: Servers that shall take nothing new. Waits until they have no sessions.
    type: list
    elements: str
    default: []
  vacate:
    description: Drained servers whose container is gone. They are put down, then back to the configured state.
    type: list
    elements: str
    default: []
  up_timeout:
    description: Seconds for HAProxy to find a server up.
    type: int
    default: 30
  drain_timeout:
    description: Seconds for the sessions to end. What is left then gets the grace that the container has to stop.
    type: int
    default: 30
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
- name: Let the new slot take over on an edge
  haproxy_servers:
    socket: /var/lib/jobfolio/edge/runtime.sock
    backend: be_backend
    serve: [backend1-b]
    drain: [backend1-a]
"""

RETURN = r"""
routed:
  description: Whether this edge runs and knows the servers.
  returned: always
  type: bool
sessions:
  description: Sessions that were left when the time to drain was over.
  returned: always
  type: int
"""

import time
from collections.abc import Callable

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rolling.haproxy import (
    Server,
    UnknownServerError,
    known,
    read_stat,
    to_drain,
    to_serve,
    to_vacate,
)
from ansible.module_utils.rolling.runtime import ask, listening, tell

ARGUMENTS = {
    "socket": {"type": "path", "required": True},
    "backend": {"type": "str", "required": True},
    "serve": {"type": "list", "elements": "str", "default": []},
    "drain": {"type": "list", "elements": "str", "default": []},
    "vacate": {"type": "list", "elements": "str", "default": []},
    "up_timeout": {"type": "int", "default": 30},
    "drain_timeout": {"type": "int", "default": 30},
}
INTERVAL = 0.1


class Edge:
    """The servers of one backend on this edge."""

    def __init__(self, module: AnsibleModule) -> None:
        self.socket: str = module.params["socket"]
        self.backend: str = module.params["backend"]

    def servers(self) -> dict[str, Server]:
        """Return the servers as they are now."""
        servers: dict[str, Server] = read_stat(ask(self.socket, "show stat"), self.backend)
        return servers

    def tell(self, names: list[str], commands: Callable[[str, str], list[str]]) -> None:
        """Send the commands for each server."""
        for name in names:
            tell(self.socket, commands(self.backend, name))

    def wait(self, done: Callable[[dict[str, Server]], bool], seconds: int) -> dict[str, Server]:
        """Return the servers as soon as the condition holds, or when the time is over."""
        end = time.monotonic() + seconds
        while not done(servers := self.servers()) and time.monotonic() < end:
            time.sleep(INTERVAL)
        return servers


def move(module: AnsibleModule, edge: Edge) -> int:
    """Carry out the move; return how many sessions were left on the drained servers."""
    serve, drain, vacate = (module.params[key] for key in ("serve", "drain", "vacate"))
    edge.tell(serve, to_serve)
    servers = edge.wait(lambda now: all(now[name].up for name in serve), module.params["up_timeout"])
    if down := [name for name in serve if not servers[name].up]:
        found = "; ".join(f"{name} is {servers[name].status} ({servers[name].check})" for name in down)
        module.fail_json(
            msg=(
                f"The edge does not find the new server up after {module.params['up_timeout']} s: {found}. "
                "The old one goes on serving. Check that the edge reaches its port (firewall, address)."
            ),
            routed=True,
            sessions=0,
        )
    edge.tell(drain, to_drain)
    servers = edge.wait(lambda now: not any(now[name].sessions for name in drain), module.params["drain_timeout"])
    edge.tell(vacate, to_vacate)
    return sum(servers[name].sessions for name in drain)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    edge = Edge(module)
    involved = [*module.params["drain"], *module.params["vacate"]]
    try:
        routed = listening(edge.socket) and known(edge.servers(), module.params["serve"], involved)
        left = move(module, edge) if routed and not module.check_mode else 0
    except UnknownServerError as error:
        module.fail_json(msg=f"{edge.backend}: {error}")
    except OSError as error:
        module.fail_json(msg=f"HAProxy at {edge.socket}: {error}")
    if left:
        module.warn(f"{left} sessions were left on {', '.join(module.params['drain'])}; they get the stop's grace.")
    module.exit_json(changed=routed, routed=routed, sessions=left)


if __name__ == "__main__":
    main()
