"""A server is asked which certificate it shows, and made to reload the one that lies on the disk."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tls.plan import Policy, Wish, plan
from tls.served import SSL_REQUEST, shown, stored
from tls.x509 import Names

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[4]
ANSIBLE = Path(sys.executable).with_name("ansible")
POLICY = Policy("CA", ["jobfolio.test"], [], authority_days=3650, days=90)


def issue(folder: Path) -> Path:
    """Certificate and key of a server, in a folder of their own; return the certificate's path."""
    folder.mkdir()
    for one in plan({}, [Wish("server", Names.of(["jobfolio.test"], []))], POLICY, datetime.now(UTC)):
        for name, content in one.files.items():
            (folder / name).write_bytes(content)
    return folder / "server.crt"


@contextmanager
def server(certificate: Path, *, offers: bytes = b"S", postgres: bool = False) -> Iterator[int]:
    """A server that reads its certificate for each connection, as one does that reloads it; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                connection, _ = listening.accept()
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate, certificate.with_suffix(".key"))
                # One that hangs up, or wants to end this.
                with connection, suppress(OSError):
                    if connection.recv(8, socket.MSG_PEEK) == b"":
                        return
                    if postgres:
                        assert connection.recv(8) == SSL_REQUEST
                        connection.sendall(offers)
                    context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            socket.create_connection(listening.getsockname()).close()
            thread.join()


def reload(certificate: Path, port: int, command: list[str]) -> dict[str, Any]:
    """What module certificate_reload returns."""
    given = {"path": str(certificate), "host": "127.0.0.1", "port": port, "command": command, "timeout": 1}
    command_line = [str(ANSIBLE), "localhost", "-m", "certificate_reload", "-a", json.dumps(given)]
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    said = subprocess.run(command_line, check=False, capture_output=True, text=True, env=environment).stdout
    told: dict[str, Any] = yaml.safe_load(said.partition("=> ")[2])
    return told


@pytest.mark.parametrize("postgres", [False, True])
def test_the_certificate_that_a_server_shows_is_the_one_of_its_file(tmp_path: Path, postgres: bool) -> None:
    certificate, other = issue(tmp_path / "one"), issue(tmp_path / "other")
    with server(certificate, postgres=postgres) as port:
        assert shown("127.0.0.1", port, postgres=postgres) == stored(str(certificate)) != stored(str(other))


def test_a_postgresql_without_tls_shows_none(tmp_path: Path) -> None:
    with server(issue(tmp_path / "one"), offers=b"N", postgres=True) as port, pytest.raises(OSError, match="no TLS"):
        shown("127.0.0.1", port, postgres=True)


def test_a_server_is_reloaded_only_where_it_shows_another_certificate(tmp_path: Path) -> None:
    serves, wanted = issue(tmp_path / "serves"), issue(tmp_path / "wanted")
    copy = ["cp", "-r", f"{wanted.parent}/.", f"{serves.parent}"]
    with server(serves) as port:
        assert reload(wanted, port, copy)["changed"] is True
        assert reload(wanted, port, ["false"])["changed"] is False


def test_a_server_that_goes_on_showing_another_one_is_told(tmp_path: Path) -> None:
    serves, wanted = issue(tmp_path / "serves"), issue(tmp_path / "wanted")
    with server(serves) as port:
        assert f"127.0.0.1:{port} goes on showing another certificate than" in reload(wanted, port, ["true"])["msg"]


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    certificate = issue(tmp_path / "one")
    with server(certificate) as port:
        pass
    assert "shows no certificate to compare with" in reload(certificate, port, ["true"])["msg"]
