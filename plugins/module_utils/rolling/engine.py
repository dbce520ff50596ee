"""The little that is asked of Docker directly: standard library only, over its socket."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.parse
from typing import Any

SOCKET = "/var/run/docker.sock"


class EngineError(OSError):
    """Docker refused a request."""


class _Connection(http.client.HTTPConnection):
    """HTTP over Docker's socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """Docker on this host. Every method raises OSError where the engine does not answer, EngineError where it refuses."""

    def __init__(self, path: str = SOCKET, timeout: float = 30.0) -> None:
        self._path, self._timeout = path, timeout

    def inspect(self, name: str) -> dict[str, Any] | None:
        """Return what Docker knows of a container, None where there is none."""
        status, body = self._request("GET", f"/containers/{urllib.parse.quote(name)}/json")
        if status == 404:
            return None
        self._expect(status, body, 200)
        return dict(json.loads(body))

    def logs(self, name: str, lines: int) -> list[str]:
        """Return the last lines a container wrote."""
        status, body = self._request(
            "GET", f"/containers/{urllib.parse.quote(name)}/logs?stdout=1&stderr=1&tail={lines}"
        )
        # 501: the host's log driver cannot be read back.
        return demultiplex(body).decode(errors="replace").splitlines() if status == 200 else []

    def stop(self, name: str, grace: int) -> None:
        """Stop a container; after `grace` seconds it is killed. Docker will not start it again by itself."""
        status, body = self._request(
            "POST", f"/containers/{urllib.parse.quote(name)}/stop?t={grace}", timeout=grace + self._timeout
        )
        self._expect(status, body, 204, 304)

    def _request(self, method: str, path: str, timeout: float | None = None) -> tuple[int, bytes]:
        connection = _Connection(self._path, timeout or self._timeout)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            raise EngineError(f"Docker's answer to {method} {path} is no HTTP: {error}") from error
        finally:
            connection.close()

    @staticmethod
    def _expect(status: int, body: bytes, *good: int) -> None:
        if status not in good:
            raise EngineError(f"Docker answers {status}: {body.decode(errors='replace').strip()}")


def demultiplex(stream: bytes) -> bytes:
    """Return the text of a log stream: frames of one type byte, three zero bytes and a length (Docker Engine API,
    "Attach to a container"). A container with a terminal has no frames: its stream is returned as it is."""
    text, at = b"", 0
    while at + 8 <= len(stream):
        kind, length = stream[at], int.from_bytes(stream[at + 4 : at + 8], "big")
        if kind > 2 or stream[at + 1 : at + 4] != b"\0\0\0":
            return stream
        text += stream[at + 8 : at + 8 + length]
        at += 8 + length
    return text
