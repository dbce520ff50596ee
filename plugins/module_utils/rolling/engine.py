"""The little that is asked of Docker directly: standard library only, over its socket."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.parse
from collections.abc import Mapping, Sequence
from http import HTTPStatus
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
    """Docker on this host. Methods raise OSError where it does not answer, EngineError where it refuses."""

    def __init__(self, path: str = SOCKET, timeout: float = 30.0) -> None:
        self._path, self._timeout = path, timeout

    def inspect(self, name: str) -> dict[str, Any] | None:
        """Return what Docker knows of a container, None where there is none."""
        status, body = self._request("GET", f"/containers/{urllib.parse.quote(name)}/json")
        if status == HTTPStatus.NOT_FOUND:
            return None
        self._expect(status, body, HTTPStatus.OK)
        return dict(json.loads(body))

    def logs(self, name: str, lines: int) -> list[str]:
        """Return the last lines a container wrote."""
        status, body = self._request(
            "GET", f"/containers/{urllib.parse.quote(name)}/logs?stdout=1&stderr=1&tail={lines}"
        )
        if status == HTTPStatus.NOT_IMPLEMENTED:
            return ["(the log driver of this host cannot be read back)"]
        self._expect(status, body, HTTPStatus.OK)
        return demultiplex(body).decode(errors="replace").splitlines()

    def stop(self, name: str, grace: int) -> None:
        """Stop a container; after `grace` seconds it is killed. Docker will not start it again by itself."""
        status, body = self._request(
            "POST", f"/containers/{urllib.parse.quote(name)}/stop?t={grace}", timeout=grace + self._timeout
        )
        self._expect(status, body, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

    def weigh(self, name: str, shares: int) -> None:
        """Weigh a container against others where the processor is short; 1024 is what Docker gives."""
        status, body = self._request("POST", f"/containers/{urllib.parse.quote(name)}/update", {"CpuShares": shares})
        self._expect(status, body, HTTPStatus.OK)

    def run(self, name: str, command: Sequence[str]) -> tuple[int, str]:
        """Run a command in a container that runs; return its exit status and what it printed."""
        wanted = {"Cmd": list(command), "AttachStdout": True, "AttachStderr": True}
        status, body = self._request("POST", f"/containers/{urllib.parse.quote(name)}/exec", wanted)
        self._expect(status, body, HTTPStatus.CREATED)
        place = f"/exec/{json.loads(body)['Id']}"
        status, printed = self._request("POST", f"{place}/start", {"Detach": False, "Tty": False})
        self._expect(status, printed, HTTPStatus.OK)
        status, body = self._request("GET", f"{place}/json")
        self._expect(status, body, HTTPStatus.OK)
        return int(json.loads(body)["ExitCode"]), demultiplex(printed).decode(errors="replace")

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, timeout: float | None = None
    ) -> tuple[int, bytes]:
        connection = _Connection(self._path, timeout or self._timeout)
        try:
            if body is None:
                connection.request(method, path)
            else:
                connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
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
    """Return the text of a log stream.

    It comes in frames of one type byte (0, 1 or 2), three zero bytes and a length (Docker Engine API, "Attach to a
    container"). A container with a terminal has no frames: its stream is returned as it is.
    """
    text, at = b"", 0
    while at + 8 <= len(stream):
        length = int.from_bytes(stream[at + 4 : at + 8], "big")
        if stream[at] not in (0, 1, 2) or stream[at + 1 : at + 4] != b"\0\0\0":
            return stream
        text += stream[at + 8 : at + 8 + length]
        at += 8 + length
    return text
