"""What clients and hosts run when packets are tested: listeners, a prober, a flood. Standard library only.

tests/packets.py sends this file as text to containers and hosts, whose Python is not the controller's. As a program:

    probe.py listen tcp/8080 udp/5300 tcp/9000@127.0.0.1     echo on these ports
    probe.py probe                                           commands on standard input, one JSON document a line
    probe.py flood RATE SECONDS CELLS                        connect without end; successes as JSON lines
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import json
import os
import random
import re
import select
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

# Address, protocol, port.
Cell = tuple[str, str, int]

ANSWERED, REFUSED, SILENT = "answered", "refused", "silent"
PAYLOAD = b"knock"

# A source port that was used a moment ago may still be known to the host's connection tracking, and pass for that
# alone. So they are taken in turn, and come back after thousands of others.
FIRST_PORT, LAST_PORT = 10000, 32000


def source_ports() -> Iterator[int]:
    """Source ports in turn, from a random one on."""
    begin = random.randrange(FIRST_PORT, LAST_PORT)  # noqa: S311  no secret
    return itertools.cycle([*range(begin, LAST_PORT), *range(FIRST_PORT, begin)])


PORTS = source_ports()


def open_socket(cell: Cell) -> socket.socket:
    """A socket on a fresh source port, its first packet under way. Raises OSError where there is no route."""
    address, protocol, port = cell
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    one = socket.socket(family, kind)
    one.setblocking(False)
    try:
        for source in itertools.islice(PORTS, 100):
            try:
                one.bind(("", source))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                break
        # Closed without a farewell, so that thousands of probes leave nothing waiting.
        if protocol == "tcp":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(BlockingIOError):
            one.connect(socket.getaddrinfo(address, port, family, kind, flags=socket.AI_NUMERICHOST)[0][4])
        if protocol == "udp":
            one.send(PAYLOAD)
    except OSError:
        one.close()
        raise
    return one


def outcome(one: socket.socket, protocol: str) -> str | None:
    """What a socket that became ready has to say; None when it was nothing."""
    status = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if not status and protocol == "udp":
        try:
            one.recv(4096)
        except BlockingIOError:
            return None
        except OSError as error:
            status = error.errno or errno.EIO
    if status in {errno.ECONNREFUSED, errno.ECONNRESET}:
        return REFUSED
    return errno.errorcode.get(status, str(status)) if status else ANSWERED


class Knocks:
    """Sockets that wait for an answer."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        # In the order in which they run out, since all have the same patience.
        self._waiting: dict[socket.socket, tuple[float, Cell, int]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def send(self, cell: Cell, number: int, patience: float) -> None:
        """Knock at a cell. Raises OSError where there is no route."""
        one = open_socket(cell)
        self._waiting[one] = (time.monotonic() + patience, cell, number)
        self._selector.register(one, selectors.EVENT_WRITE if cell[1] == "tcp" else selectors.EVENT_READ)

    def answers(self, timeout: float) -> list[tuple[int, Cell, str]]:
        """What was answered within `timeout` seconds; what waited too long is forgotten."""
        answers = []
        # Taken before the look: where the machine stands still meanwhile, an answer may have come unseen.
        now = time.monotonic()
        for key, _ in self._selector.select(timeout) if self._waiting else []:
            one = key.fileobj
            assert isinstance(one, socket.socket)
            _, cell, number = self._waiting[one]
            found = outcome(one, cell[1])
            if found is not None:
                answers.append((number, cell, found))
                self._forget(one)
        for one in list(itertools.takewhile(lambda one: self._waiting[one][0] <= now, self._waiting)):
            self._forget(one)
        return answers

    def again(self) -> None:
        """Repeat the datagrams, which nobody else repeats."""
        for one, (_, cell, _) in self._waiting.items():
            if cell[1] == "udp":
                with contextlib.suppress(OSError):
                    one.send(PAYLOAD)

    def _forget(self, one: socket.socket) -> None:
        self._waiting.pop(one)
        self._selector.unregister(one)
        one.close()


def probe(cells: list[Cell], timeout: float) -> list[str]:
    """What each cell answers within `timeout` seconds, all of them at once."""
    results = [SILENT] * len(cells)
    knocks = Knocks()
    for number, cell in enumerate(cells):
        try:
            knocks.send(cell, number, timeout)
        except OSError as error:
            results[number] = errno.errorcode.get(error.errno or 0, str(error))
    half = time.monotonic() + timeout / 2
    while knocks:
        for number, _, found in knocks.answers(timeout / 4):
            results[number] = found
        if time.monotonic() >= half:
            half += timeout
            knocks.again()
    return results


class Held:
    """Connections that stay open, to see whether they outlive something."""

    def __init__(self) -> None:
        self.connections: list[socket.socket | None] = []

    def hold(self, cells: list[Cell], timeout: float, *, tick: bool) -> list[bool]:
        """Open a TCP connection to each cell; whether that went well. With `tick`, the listener talks by itself."""
        opened: list[socket.socket | None] = []
        for address, _, port in cells:
            try:
                one = socket.create_connection((address, port), timeout)
                one.sendall(b"tick\n" if tick else b"hello")
                opened.append(one if one.recv(4096) else None)
            except OSError:
                opened.append(None)
        self.connections += opened
        return [one is not None for one in opened]

    def heard(self, since: float, timeout: float) -> list[bool]:
        """Whether each held connection brings, within `timeout` seconds, something that was said after a moment."""
        deadline = time.monotonic() + timeout
        return [self._heard(one, since, deadline) for one in self.connections]

    @staticmethod
    def _heard(one: socket.socket | None, since: float, deadline: float) -> bool:
        while one is not None:
            one.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = one.recv(65536)
            except OSError:
                return False
            if not data:
                return False
            if any(float(moment) > since for moment in re.findall(rb"(\d+\.\d{6})\n", data)):
                return True
        return False

    def mark(self) -> list[bool]:
        """Have every listener at the other end note that it still hears; it says so in its log."""
        for one in filter(None, self.connections):
            with contextlib.suppress(OSError):
                one.send(b"mark")
        return []

    def ping(self, timeout: float) -> list[bool]:
        """Whether each held connection still carries a byte there and back."""
        for one in filter(None, self.connections):
            one.setblocking(False)
            with contextlib.suppress(OSError):
                one.send(b".")
        deadline = time.monotonic() + timeout
        return [self._echoed(one, deadline) for one in self.connections]

    @staticmethod
    def _echoed(one: socket.socket | None, deadline: float) -> bool:
        if one is None:
            return False
        one.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            return bool(one.recv(4096))
        except OSError:
            return False

    def drop(self) -> list[bool]:
        """Close all."""
        for one in filter(None, self.connections):
            one.close()
        self.connections = []
        return []


def download(address: str, port: int, size: int, timeout: float) -> int:
    """How many of `size` bytes a listener sends within `timeout` seconds."""
    received = 0
    deadline = time.monotonic() + timeout
    try:
        with socket.create_connection((address, port), timeout) as one:
            one.sendall(b"send %d\n" % size)
            while received < size and (left := deadline - time.monotonic()) > 0:
                one.settimeout(left)
                data = one.recv(65536)
                if not data:
                    break
                received += len(data)
    except OSError:
        pass
    return received


def echo(addresses: list[str], timeout: float) -> list[bool]:
    """Whether each address answers to an echo request (RFC 792, RFC 4443)."""
    results = []
    for address in addresses:
        six = ":" in address
        family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, socket.IPPROTO_ICMP)
        with socket.socket(family, socket.SOCK_DGRAM, protocol) as one:
            one.settimeout(timeout)
            try:
                # The kernel fills in the check sum and the identifier.
                one.sendto(struct.pack("!BBHHH", 128 if six else 8, 0, 0, 0, 1) + PAYLOAD, (address, 0))
                results.append(bool(one.recv(4096)))
            except OSError:
                results.append(False)
    return results


def checksum(data: bytes) -> int:
    """Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(source: str, cell: Cell, port: int) -> bytes:
    """An IP packet that knocks at a cell: a SYN (RFC 9293) or a datagram (RFC 768)."""
    address, protocol, to = cell
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    ends = socket.inet_pton(family, source) + socket.inet_pton(family, address)
    number = socket.IPPROTO_TCP if protocol == "tcp" else socket.IPPROTO_UDP

    def segment(check: int) -> bytes:
        if protocol == "tcp":
            return struct.pack("!HHIIBBHHH", port, to, 1000, 0, 5 << 4, 0x02, 65535, check, 0)
        return struct.pack("!HHHH", port, to, 8 + len(PAYLOAD), check) + PAYLOAD

    pseudo = ends + (
        struct.pack("!BBH", 0, number, len(segment(0)))
        if family == socket.AF_INET
        else struct.pack("!IxxxB", len(segment(0)), number)
    )
    body = segment(checksum(pseudo + segment(0)))
    if family == socket.AF_INET6:
        return struct.pack("!IHBB", 6 << 28, len(body), number, 64) + ends + body
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 7, 0x4000, 64, number, 0) + ends
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + body


@dataclass(frozen=True)
class Heard:
    """A packet that may be an answer: where it comes from, which port it is for, and what it says."""

    protocol: str
    source: str
    port: int
    to: int
    outcome: str


def answer_of(frame: bytes) -> Heard | None:
    """What an Ethernet frame says, where it may be an answer to a knock."""
    kind, body = frame[12:14], frame[14:]
    if kind == b"\x08\x00" and len(body) >= 20:
        protocol, source, rest = body[9], socket.inet_ntop(socket.AF_INET, body[12:16]), body[(body[0] & 15) * 4 :]
    elif kind == b"\x86\xdd" and len(body) >= 40:
        protocol, source, rest = body[6], socket.inet_ntop(socket.AF_INET6, body[8:24]), body[40:]
    else:
        return None
    if len(rest) < 8:
        return None
    port, to = struct.unpack("!HH", rest[:4])
    if protocol == socket.IPPROTO_UDP:
        return Heard("udp", source, port, to, ANSWERED)
    if protocol == socket.IPPROTO_TCP and len(rest) >= 20:
        flags = rest[13]
        if flags & 0x04:
            return Heard("tcp", source, port, to, REFUSED)
        if flags & 0x12 == 0x12:
            return Heard("tcp", source, port, to, ANSWERED)
    return None


def frames(
    interface: str, mac: str, sources: dict[str, str], cells: list[Cell], *, timeout: float, source_port: int = 0
) -> list[str]:
    """What cells answer to frames that go straight to a neighbour, whatever the routing table of this machine says.

    `sources` holds the sender's address by family ("4", "6"). Two knocks a cell, from `source_port` or one port each.
    """
    results = [SILENT] * len(cells)
    ports = [source_port or next(PORTS) for _ in cells]
    asked = {(*cell, own): index for index, (cell, own) in enumerate(zip(cells, ports, strict=True))}
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003)) as wire:
        wire.bind((interface, 0))
        here, there = wire.getsockname()[4], bytes.fromhex(mac.replace(":", ""))
        begun = time.monotonic()
        for until in (begun + timeout / 2, begun + timeout):
            for index, cell in enumerate(cells):
                if results[index] == SILENT:
                    six = ":" in cell[0]
                    header = there + here + (b"\x86\xdd" if six else b"\x08\x00")
                    wire.send(header + packet(sources["6" if six else "4"], cell, ports[index]))
            while SILENT in results and (left := until - time.monotonic()) > 0:
                if not select.select([wire], [], [], left)[0]:
                    break
                found = answer_of(wire.recv(65536))
                if found and (index := asked.get((found.source, found.protocol, found.port, found.to), -1)) >= 0:
                    results[index] = found.outcome
    return results


def serve_commands() -> None:
    """Answer commands on standard input, one JSON document a line each way, until it ends."""
    held = Held()
    commands: dict[str, Callable[..., Any]] = {
        "probe": probe,
        "hold": held.hold,
        "ping": held.ping,
        "heard": held.heard,
        "mark": held.mark,
        "drop": held.drop,
        "download": download,
        "echo": echo,
        "frames": frames,
    }
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(commands[request.pop("command")](**request)), flush=True)


class Flood:
    """Knocks at cells in turn, at a steady rate, and tells of every answer on standard output."""

    def __init__(self, rate: float, cells: list[Cell], patience: float = 0.9) -> None:
        self._rate, self._patience, self._cells = rate, patience, itertools.cycle(cells)
        self._knocks = Knocks()
        self._attempts = self._refused = 0
        self._next = time.monotonic()

    def run(self, seconds: float) -> None:
        """Flood for `seconds` at most, or until standard input ends. Twice a second, say how often it knocked."""
        end = time.monotonic() + seconds
        told = 0.0
        while (now := time.monotonic()) < end and not self._told_to_stop():
            self._knock(now)
            self._hear(min(0.02, 1 / self._rate))
            if now - told > 0.5:
                told = now
                self._tell(attempts=self._attempts, refused=self._refused)
        while self._knocks:
            self._hear(0.1)
        self._tell(attempts=self._attempts, refused=self._refused)

    def _knock(self, now: float) -> None:
        # After a pause of this machine it does not catch up in a burst.
        self._next = max(self._next, now - 0.5)
        while self._next <= now:
            self._next += 1 / self._rate
            self._attempts += 1
            with contextlib.suppress(OSError):
                self._knocks.send(next(self._cells), 0, self._patience)

    def _hear(self, timeout: float) -> None:
        for _, cell, found in self._knocks.answers(timeout):
            self._refused += found == REFUSED
            if found == ANSWERED:
                self._tell(cell=cell)

    @staticmethod
    def _tell(**what: object) -> None:
        print(json.dumps({"time": time.time(), **what}), flush=True)

    @staticmethod
    def _told_to_stop() -> bool:
        return bool(select.select([sys.stdin], [], [], 0)[0]) and not os.read(sys.stdin.fileno(), 4096)


class Echo(asyncio.DatagramProtocol):
    """Sends every datagram back."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  which class it is of is asyncio's business
        """Keep the way back."""
        self._send = transport.sendto

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Send it back."""
        self._send(data, addr)


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes; to `send NUMBER`, that many bytes; to `tick`, the time over and over; note down `mark`."""
    try:
        while data := await reader.read(4096):
            if b"mark" in data:
                print("mark", writer.get_extra_info("sockname")[1], flush=True)
            if data.startswith(b"send "):
                writer.write(b"x" * int(data[5:]))
            elif data == b"tick\n":
                while not writer.is_closing():
                    # Hosts of a fleet on one machine have one clock.
                    writer.write(f"{time.time():.6f}\n".encode())
                    await asyncio.sleep(0.1)
            else:
                writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def bound(kind: socket.SocketKind, address: str, port: int) -> socket.socket:
    """A bound socket; without an address, for both families where this machine has both."""
    family = socket.AF_INET if address and ":" not in address else socket.AF_INET6
    one = socket.socket(family, kind)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    one.bind((address, port))
    one.setblocking(False)
    return one


async def listen(specifications: list[str]) -> None:
    """Echo on ports, each as PROTOCOL/PORT or PROTOCOL/PORT@ADDRESS, without end."""
    loop = asyncio.get_running_loop()
    servers = []
    for specification in specifications:
        protocol, _, rest = specification.partition("/")
        port, _, address = rest.partition("@")
        if protocol == "tcp":
            listener = bound(socket.SOCK_STREAM, address, int(port))
            servers.append(await asyncio.start_server(converse, sock=listener, backlog=512))
        else:
            await loop.create_datagram_endpoint(Echo, sock=bound(socket.SOCK_DGRAM, address, int(port)))
    print("listening", flush=True)
    await asyncio.Event().wait()


def main(arguments: list[str]) -> None:
    """Do what the first argument says."""
    if arguments[0] == "listen":
        asyncio.run(listen(arguments[1:]))
    elif arguments[0] == "flood":
        rate, seconds, cells = arguments[1:4]
        Flood(float(rate), [(address, protocol, port) for address, protocol, port in json.loads(cells)]).run(
            float(seconds)
        )
    else:
        serve_commands()


if __name__ == "__main__":
    main(sys.argv[1:])
