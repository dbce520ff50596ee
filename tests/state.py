"""What must hold on a fleet that nobody works on, whatever was done to it before."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fleet import OPERATION

if TYPE_CHECKING:
    from fleet import Fleet

READY, MAINTENANCE = "0", "1"
UP = "2"


def put_right(fleet: Fleet) -> None:
    """One container serves on each backend, every edge sends requests to it, and none is half drained."""
    backends = fleet.backends()
    assert all(len(slots) == 1 for slots in backends.values()), backends
    for host in backends:
        assert fleet.run(host, "docker ps --all --quiet --filter name=backend-").count("\n") <= 1
    serving = {f"{host}-{name[-1]}" for host, slots in backends.items() for name in slots}
    for edge in fleet.hosts("edge"):
        states = administrative_states(fleet, edge)
        assert {states[server] for server in serving} == {READY}, states
        assert set(states.values()) <= {READY, MAINTENANCE}, states


def at_rest(fleet: Fleet) -> None:
    """Nobody holds the lease or a lock, and no index is half built."""
    lease = fleet.run(fleet.hosts("db")[0], f"cat {OPERATION}/lease.json")
    assert '"released": true' in lease, lease
    assert fleet.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0"
    assert fleet.query("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == "0"


def wait_until_up(fleet: Fleet, host: str) -> None:
    """Wait until a backend runs on a host, and every edge sends requests to it."""
    end = time.monotonic() + 60
    while True:
        slots = [f"{host}-{name[-1]}" for name in fleet.backends()[host]]
        if len(slots) == 1 and all(server_states(fleet, edge)[slots[0]][0] == UP for edge in fleet.hosts("edge")):
            return
        assert time.monotonic() < end, f"{slots} are not up"
        time.sleep(0.2)


def administrative_states(fleet: Fleet, edge: str) -> dict[str, str]:
    """What was set on the servers of an edge, by name."""
    return {name: administrative for name, (_, administrative) in server_states(fleet, edge).items()}


def server_states(fleet: Fleet, edge: str) -> dict[str, tuple[str, str]]:
    """What an edge found of its servers, and what was set on them (HAProxy Management Guide, "show servers state")."""
    socket = "/var/lib/jobfolio/edge/runtime.sock"
    script = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
        "s.sendall(b'show servers state\\n'); print(s.makefile().read())"
    )
    state = fleet.run(edge, f'python3 -c "{script}" {socket}')
    rows = [line.split() for line in state.splitlines() if line[:1].isdigit() and " " in line]
    return {row[3]: (row[5], row[6]) for row in rows}
