"""What the access policy costs: loading it with ever more sources, and what a packet pays on its way through it."""

from __future__ import annotations

import json
import shlex
import statistics
import subprocess
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING

from access.kernel import anew
from access.nftables import ruleset
from access.policy import parse

if TYPE_CHECKING:
    from fleet import Fleet

SOURCES = (10, 100, 1_000, 10_000)
PORT = 9999
CONNECTS, MEBIBYTES = 2_000, 1_024

# Runs a command with its standard input, and prints how long that took.
TIMED = (
    "import subprocess, sys, time; text = sys.stdin.buffer.read(); started = time.monotonic();"
    "subprocess.run(sys.argv[1:], input=text, check=True); print(time.monotonic() - started)"
)
# Answers every connection with as many bytes as its first line asks for.
SERVER = f"""
import socket, threading
def answer(client):
    try:
        wanted, chunk = int(client.makefile().readline() or 0), bytes(1 << 20)
    except OSError:
        return
    for _ in range(wanted >> 20):
        client.sendall(chunk)
    client.close()
server = socket.create_server(("", {PORT}), backlog=1024)
while True:
    threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()
"""
CLIENT = f"""
import json, socket, struct, sys, time
where, spent = (sys.argv[1], {PORT}), []
for _ in range({CONNECTS}):
    started = time.perf_counter()
    client = socket.create_connection(where, timeout=5)
    spent.append(time.perf_counter() - started)
    # Reset, so that no port stays taken: looking for a free one would soon cost more than the connection.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
client = socket.create_connection(where, timeout=60)
client.sendall(b"{MEBIBYTES << 20}\\n")
started, buffer = time.perf_counter(), bytearray(1 << 20)
while client.recv_into(buffer):
    pass
print(json.dumps([sorted(spent)[len(spent) // 2], {MEBIBYTES} / (time.perf_counter() - started)]))
"""


def text(fleet: Fleet, host: str, sources: int, client: str = "192.0.2.1") -> str:
    """Return a host's table that lets in SSH from the operator, and so many scattered addresses to the port."""
    first = int(ip_address("100.64.0.0"))
    # Every other address, so that they do not merge.
    others = [f"{ip_address(first + 2 * n)}/32" for n in range(sources)]
    gateway = fleet.address(host).rpartition(".")[0] + ".1"
    rules = [
        {"name": "ssh", "to": ["backend"], "proto": "tcp", "port": 22, "from": ["operators"]},
        {"name": "bench", "to": ["backend"], "proto": "tcp", "port": PORT, "from": ["others"]},
    ]
    named = {"operators": [f"{gateway}/32"], "others": [*others, f"{client}/32"]}
    hosts = {host: {"tiers": ["backend"], "private": [fleet.address(host)], "public": []}}
    return ruleset(parse(rules, named, hosts, time.time(), group_rules=0), host)


def feed(fleet: Fleet, host: str, command: list[str], given: str = "") -> str:
    """Run a command on a host, from outside and with standard input; return what it printed."""
    run = ["docker", "exec", "--interactive", f"{fleet.name}-{host}", *command]
    return subprocess.run(run, check=True, capture_output=True, text=True, input=given).stdout


def loading(fleet: Fleet, runs: int) -> dict[str, float | str]:
    """How long it takes to compile and to load the policy of a host, by its number of sources."""
    figures: dict[str, float | str] = {}
    host = fleet.hosts("backend")[0]
    confirmed = feed(fleet, host, ["cat", "/etc/jobfolio/firewall/confirmed.nft"])
    for sources in SOURCES:
        compiled, loaded = [], []
        for _ in range(runs):
            started = time.monotonic()
            table = anew(text(fleet, host, sources))
            compiled.append(time.monotonic() - started)
            loaded.append(float(feed(fleet, host, ["python3", "-c", TIMED, "nft", "-f", "-"], table)))
        figures[f"compile the policy for {sources} sources, s"] = round(statistics.median(compiled), 3)
        figures[f"load it on a host, s ({sources} sources)"] = round(statistics.median(loaded), 3)
    feed(fleet, host, ["nft", "-f", "-"], anew(confirmed))
    return figures


def toll(fleet: Fleet, runs: int) -> dict[str, float | str]:
    """What a new connection and a long transfer through a published port cost with the table, beside none."""
    figures: dict[str, float | str] = {}
    server, client = fleet.hosts("backend")[:2]
    image = feed(fleet, server, ["docker", "inspect", "--format", "{{.Image}}", backend(fleet, server)]).strip()
    confirmed = feed(fleet, server, ["cat", "/etc/jobfolio/firewall/confirmed.nft"])
    options = f"--detach --name bench --publish {PORT}:{PORT} --entrypoint python3 {image} -c {shlex.quote(SERVER)}"
    fleet.run(server, f"docker run {options}")
    try:
        for sources in (0, 10_000):
            table = anew(text(fleet, server, sources, fleet.address(client)))
            measured: dict[str, list[list[float]]] = {"with": [], "without": []}
            for _ in range(runs):
                for label, change in (("with", table), ("without", "delete table inet access\n")):
                    feed(fleet, server, ["nft", "-f", "-"], change)
                    said = feed(fleet, client, ["python3", "-c", CLIENT, fleet.address(server)])
                    measured[label].append(json.loads(said))
            middle = {
                label: [statistics.median(one) for one in zip(*of, strict=True)] for label, of in measured.items()
            }
            label = f"({sources + 1} sources)"
            figures[f"connect, ms, with the table {label}"] = round(middle["with"][0] * 1000, 3)
            figures[f"connect, ratio to none {label}"] = round(middle["with"][0] / middle["without"][0], 3)
            figures[f"throughput, MiB/s, with the table {label}"] = round(middle["with"][1])
            figures[f"throughput, ratio of none to it {label}"] = round(middle["without"][1] / middle["with"][1], 3)
    finally:
        feed(fleet, server, ["nft", "-f", "-"], anew(confirmed))
        fleet.run(server, "docker rm --force bench")
    return figures


def backend(fleet: Fleet, host: str) -> str:
    """Return the name of the backend's container that runs on a host."""
    return next(name for name in fleet.containers(host) if name.startswith("backend-"))
