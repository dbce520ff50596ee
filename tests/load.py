"""Steady load on an edge, and an account of every single request. Standard library only.

As a program: `python tests/load.py 198.18.0.14 --name jobfolio.test --ca .state/jobfolio/tls/ca.crt --seconds 10`.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import socket
import ssl
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Request:
    """One kind of request. `expect` holds the statuses that count as served.

    In the body of one that is `counted`, %d becomes the request's number, and the report keeps the numbers that were
    acknowledged. The body of one with a `pace` takes that many seconds to send.
    """

    method: str = "GET"
    path: str = "/"
    body: bytes | None = None
    expect: tuple[int, ...] = (200,)
    headers: dict[str, str] = field(default_factory=dict)
    counted: bool = False
    pace: float = 0.0


@dataclass
class Report:
    """What became of the requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    late: int = 0
    acknowledged: list[int] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Number of requests, served or not."""
        return self.statuses.total()

    @property
    def lost(self) -> int:
        """Number of requests that were not answered as they should be."""
        return len(self.failures)

    def percentile(self, percent: int) -> float:
        """Time in milliseconds within which this many percent of the requests were answered."""
        if len(self.seconds) < 2:
            return 0.0
        return statistics.quantiles(self.seconds, n=100)[percent - 1] * 1000

    def __str__(self) -> str:
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        lines = [
            f"{self.sent} requests, {self.lost} lost ({statuses})",
            f"p50 {self.percentile(50):.1f} ms, p99 {self.percentile(99):.1f} ms, {self.late} begun late",
            *(f"  {count} x {reason}" for reason, count in Counter(self.failures).most_common(10)),
        ]
        return "\n".join(lines)


class Connection(http.client.HTTPSConnection):
    """HTTPS to one address under the name that its certificate carries."""

    def __init__(
        self, address: str, name: str, context: ssl.SSLContext, *, port: int = 443, timeout: float = 30.0
    ) -> None:
        super().__init__(name, port, context=context, timeout=timeout)
        self._address, self._tls = address, context

    def connect(self) -> None:
        """Connect to the address; the name only counts for TLS and the Host header."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


class Load:
    """Sends requests at a steady rate from its start to its end; use it as a context manager.

    Clients keep their connections, except that every `fresh`th request of all comes over a new one. A request whose
    connection was closed under it counts as lost and is not tried again: that is what a person would see. Each of the
    `slow` requests has a client of its own, which sends it again and again, over a new connection every time.
    """

    def __init__(
        self,
        address: str,
        requests: Sequence[Request],
        *,
        name: str,
        ca: str,
        port: int = 443,
        rate: float = 100.0,
        clients: int = 16,
        fresh: int = 4,
        timeout: float = 30.0,
        slow: Sequence[Request] = (),
    ) -> None:
        self.report = Report()
        self._address, self._requests, self._name, self._port = address, requests, name, port
        self._rate, self._fresh, self._timeout = rate, fresh, timeout
        self._context = ssl.create_default_context(cafile=ca)
        self._tickets, self._lock, self._end = itertools.count(), threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]
        self._threads += [threading.Thread(target=self._slow_client, args=(one,), daemon=True) for one in slow]

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(2 * self._timeout)

    def _connect(self) -> Connection:
        return Connection(self._address, self._name, self._context, port=self._port, timeout=self._timeout)

    def _client(self) -> None:
        kept = self._connect()
        while True:
            ticket = next(self._tickets)
            due = self._begun + ticket / self._rate
            if self._end.wait(max(0.0, due - time.monotonic())):
                break
            late = time.monotonic() - due > 1.0
            request = self._requests[ticket % len(self._requests)]
            fresh = ticket % self._fresh == 0
            connection = self._connect() if fresh else kept
            if self._send(connection, request, ticket, late=late) or fresh:
                connection.close()
        kept.close()

    def _slow_client(self, request: Request) -> None:
        while not self._end.is_set():
            connection = self._connect()
            self._send(connection, request, next(self._tickets), late=False)
            connection.close()

    def _send(self, connection: Connection, request: Request, number: int, *, late: bool) -> str | None:
        """Send a request and note what became of it; return why it was lost, if it was."""
        begun = time.monotonic()
        status, failure = self._exchange(connection, request, number)
        with self._lock:
            self.report.statuses[status] += 1
            self.report.late += late
            if not request.pace:
                self.report.seconds.append(time.monotonic() - begun)
            if failure:
                self.report.failures.append(failure)
            elif request.counted:
                self.report.acknowledged.append(number)
        return failure

    @staticmethod
    def _exchange(connection: Connection, request: Request, number: int) -> tuple[int, str | None]:
        body = request.body.replace(b"%d", str(number).encode()) if request.body and request.counted else request.body
        headers = dict(request.headers)
        if request.pace and body:
            # http.client would send what it iterates over in chunks, whose end nobody knows.
            headers["Content-Length"] = str(len(body))
        try:
            connection.request(
                request.method, request.path, slowly(body, request.pace) if request.pace and body else body, headers
            )
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            return 0, f"{request.method} {request.path}: {type(error).__name__} {error}"
        if response.status in request.expect:
            return response.status, None
        return response.status, f"{request.method} {request.path}: status {response.status}"


def slowly(body: bytes, seconds: float, pieces: int = 50) -> Iterator[bytes]:
    """Yield a body's pieces over that many seconds."""
    size = -(-len(body) // pieces)
    for begin in range(0, len(body), size):
        time.sleep(seconds / pieces)
        yield body[begin : begin + size]


def main() -> None:
    """Load an edge with requests for its first page, and print the account."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--name", required=True, help="name that the certificate carries")
    parser.add_argument("--ca", required=True, help="certificate of the CA, as PEM")
    parser.add_argument("--path", default="/")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=100.0)
    options = parser.parse_args()
    request = Request(path=options.path)
    with Load(options.address, [request], name=options.name, ca=options.ca, rate=options.rate) as load:
        time.sleep(options.seconds)
    sys.stdout.write(f"{load.report}\n")


if __name__ == "__main__":
    main()
