"""HAProxy's runtime and master sockets. Standard library only."""

from __future__ import annotations

import socket

LARGEST = 16 * 1024 * 1024


class CommandError(OSError):
    """HAProxy refused a command."""


def ask(path: str, command: str, timeout: float = 10.0) -> str:
    """Send one command and return the answer. Raises OSError where nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
        connection.sendall(command.encode() + b"\n")
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
            if len(answer) > LARGEST:
                raise CommandError(f"{command!r}: the answer does not end")
    return answer.decode(errors="replace")


def tell(path: str, commands: list[str]) -> None:
    """Send commands that answer nothing when they succeed. Raises CommandError with HAProxy's words otherwise."""
    for command in commands:
        said = ask(path, command).strip()
        if said:
            raise CommandError(f"{command!r}: {said}")


def listening(path: str) -> bool:
    """Return whether a HAProxy listens on the socket. A file left by one that ended does not count."""
    try:
        ask(path, "show version")
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    return True
