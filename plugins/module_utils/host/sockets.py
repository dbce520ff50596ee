"""Which ports are taken, and by whom."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# State column of /proc/net/tcp and udp (include/net/tcp_states.h): a listening stream, an unconnected datagram socket.
WAITING = {"tcp": "0A", "udp": "07"}


@dataclass(frozen=True)
class Socket:
    """A socket that waits for others; `inode` leads to the process that holds it."""

    proto: str
    address: str
    port: int
    inode: str


@dataclass
class Port:
    """A port that is taken. `own` says that a container of ours publishes it."""

    proto: str
    address: str
    port: int
    process: str
    container: str
    own: bool


def parse_proc_net(text: str, proto: str) -> list[Socket]:
    """Return the waiting sockets in /proc/net/tcp, tcp6, udp or udp6 (proc(5)); `proto` is tcp or udp."""
    found: list[Socket] = []
    for line in text.splitlines()[1:]:
        columns = line.split()
        if columns[3] == WAITING[proto]:
            address, _, port = columns[1].partition(":")
            found.append(Socket(proto, _address(address), int(port, 16), columns[9]))
    return found


def _address(text: str) -> str:
    """Return an address that the kernel printed as 32-bit words in the machine's byte order."""
    words = struct.pack(f"={len(text) // 8}I", *(int(text[at : at + 8], 16) for at in range(0, len(text), 8)))
    return str(ipaddress.ip_address(words))


def taken_ports(
    sockets: Iterable[Socket],
    processes: Mapping[str, str],
    containers: Sequence[Mapping[str, Any]],
    own_network: str,
) -> list[dict[str, Any]]:
    """Return the ports that are taken, each once, with the process and the container behind it.

    `processes` maps a socket's inode to a process name. A published port counts even where Docker's userland proxy,
    which would hold a socket for it, is switched off.
    """
    ports: dict[tuple[str, str, int], Port] = {}
    for socket in sockets:
        key = (socket.proto, socket.address, socket.port)
        ports.setdefault(key, Port(*key, process=processes.get(socket.inode, ""), container="", own=False))
    for container in containers:
        for published in container["ports"]:
            address = published["address"]
            key = (published["proto"], address, published["port"])
            port = ports.setdefault(key, Port(*key, process="", container="", own=False))
            port.container = container["name"]
            port.own = own_network in container["networks"]
    return [asdict(port) for _, port in sorted(ports.items(), key=lambda item: (item[0][2], item[0]))]
