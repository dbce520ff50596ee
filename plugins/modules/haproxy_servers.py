#!/usr/bin/python
"""Move traffic between the servers of an edge, and wait until it has moved."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_servers
short_description: Bring servers into service on an edge, empty others, and wait for both
description:
  - Speaks to HAProxy's runtime socket on an edge. All in one run, in this order - O(serve), O(empty), O(check).
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
  empty:
    description:
      - Servers that shall take nothing new. Waits until they have no sessions, then puts them into maintenance, as an
        empty slot is neither checked nor reported as down. Nothing else brings them back but O(serve).
    type: list
    elements: str
    default: []
  check:
    description:
      - Servers that shall take nothing yet, and be checked from now on, so that O(serve) need not wait for the first
        check. They count as down until then. Waits for nothing.
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
    empty: [backend1-a]
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
    to_check,
    to_drain,
    to_leave,
    to_serve,
)
from ansible.module_utils.rolling.runtime import ask, listening, tell

ARGUMENTS = {
    "socket": {"type": "path", "required": True},
    "backend": {"type": "str", "required": True},
    "serve": {"type": "list", "elements": "str", "default": []},
    "empty": {"type": "list", "elements": "str", "default": []},
    "check": {"type": "list", "elements": "str", "default": []},
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

    def tell(self, names: list[str], commands: Callable[[str, Server], list[str]]) -> None:
        """Send the commands for each server."""
        servers = self.servers()
        tell(self.socket, [command for name in names for command in commands(self.backend, servers[name])])

    def wait(self, done: Callable[[dict[str, Server]], bool], seconds: int) -> dict[str, Server]:
        """Return the servers as soon as the condition holds, or when the time is over."""
        end = time.monotonic() + seconds
        while not done(servers := self.servers()) and time.monotonic() < end:
            time.sleep(INTERVAL)
        return servers


def move(module: AnsibleModule, edge: Edge) -> int:
    """Carry out the move; return how many sessions were left on the emptied servers."""
    serve, empty = module.params["serve"], module.params["empty"]
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
    edge.tell(empty, to_drain)
    servers = edge.wait(lambda now: not any(now[name].sessions for name in empty), module.params["drain_timeout"])
    edge.tell(empty, to_leave)
    edge.tell(module.params["check"], to_check)
    return sum(servers[name].sessions for name in empty)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    edge = Edge(module)
    try:
        routed = listening(edge.socket) and known(
            edge.servers(), module.params["serve"], [*module.params["empty"], *module.params["check"]]
        )
        left = move(module, edge) if routed and not module.check_mode else 0
    except UnknownServerError as error:
        module.fail_json(msg=f"{edge.backend}: {error}")
    except OSError as error:
        module.fail_json(msg=f"HAProxy at {edge.socket}: {error}")
    if left:
        module.warn(f"{left} sessions were left on {', '.join(module.params['empty'])}; they get the stop's grace.")
    module.exit_json(changed=routed, routed=routed, sessions=left)


if __name__ == "__main__":
    main()
