"""What gets the edge's certificate by ACME decides, and tells HAProxy. molecule/acme has it meet a real server."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import edge_acme
import pytest
from edge_acme import RefusedError, Settings
from rolling.certificate import fingerprint
from rolling.runtime import ask
from tls.plan import Policy, Wish, plan
from tls.x509 import Names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ISSUED = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = Policy("CA", ["jobfolio.test"], [], authority_days=3650, days=90)
FILES = {
    name: content
    for issue in plan({}, [Wish("edge", Names.of(["jobfolio.test"], []))], POLICY, ISSUED)
    for name, content in issue.files.items()
}
PEM = (FILES["edge.crt"] + FILES["edge.key"]).decode()
FINGERPRINT = f"SHA1 FingerPrint: {fingerprint(PEM)}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    served = tmp_path / "edge.pem"
    served.write_text("the one before\n")
    return Settings(
        directory="https://acme.example.org/directory",
        email="operations@example.org",
        names=["jobfolio.test"],
        account_key="",
        directory_ca="",
        folder=str(tmp_path),
        served=str(served),
        served_inside="/etc/haproxy/tls/edge.pem",
        socket=str(tmp_path / "runtime.sock"),
    )


@contextmanager
def haproxy(settings: Settings, answers: dict[str, str]) -> Iterator[list[str]]:
    """Something that answers commands by their first word; yields the first lines of those it got."""
    told: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(settings.socket)
        server.listen()

        def answer() -> None:
            while True:
                connection, _ = server.accept()
                with connection:
                    command = connection.recv(65536).decode()
                    told.append(command.splitlines()[0])
                    connection.sendall(answers.get(command.split()[0], "").encode())
                if command.startswith("stop"):
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        yield told
        ask(settings.socket, "stop")
        thread.join()


@pytest.mark.parametrize(("days", "due"), [(0, False), (59, False), (61, True), (91, True)])
def test_a_certificate_is_due_in_the_last_third_of_its_life(tmp_path: Path, days: int, due: bool) -> None:
    path = tmp_path / "edge.crt"
    path.write_bytes(FILES["edge.crt"])
    assert edge_acme.is_due(path, (ISSUED + timedelta(days=days)).timestamp()) is due


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            "2026/11/27 15:00:00 [INFO] Obtaining\n2026/11/27 15:00:01 Could not:\n\terror:\n[a.test] no answer\n",
            "Could not: error: [a.test] no answer",
        ),
        ("lego: not found\n", "lego: not found"),
        ("", ""),
    ],
)
def test_the_reason_is_what_lego_said_last_as_one_line(said: str, why: str) -> None:
    assert edge_acme.reason(said) == why


def test_another_server_and_other_names_have_another_file(settings: Settings) -> None:
    others = {"directory": "https://staging.example.org/directory"}, {"names": ["jobfolio.test", "www.jobfolio.test"]}
    changed = [Settings(**{**vars(settings), **other}) for other in others]
    assert len({one.kept for one in [settings, *changed]}) == 3
    assert Settings(**{**vars(settings), "email": "other@example.org"}).kept == settings.kept


def test_a_running_haproxy_takes_the_certificate_before_the_file_is_written(settings: Settings, tmp_path: Path) -> None:
    with haproxy(settings, {"show": "HAProxy", "commit": "Committing.\nSuccess!\n"}) as told:
        edge_acme.install(settings, PEM)
    name = settings.served_inside
    assert told[1:4] == [f"show ssl cert {name}", f"set ssl cert {name} <<", f"commit ssl cert {name}"]
    assert (tmp_path / "edge.pem").read_text() == PEM
    assert (tmp_path / "edge.pem").stat().st_mode & 0o777 == 0o400


def test_a_certificate_that_haproxy_refuses_never_lands(settings: Settings, tmp_path: Path) -> None:
    with haproxy(
        settings, {"show": "HAProxy", "commit": "inconsistencies between private key and certificate"}
    ) as told:
        with pytest.raises(RefusedError, match=r"inconsistencies between .* goes on serving the one that it has"):
            edge_acme.install(settings, PEM)
        assert told[-1].startswith("abort ssl cert ")
    assert (tmp_path / "edge.pem").read_text() == "the one before\n"


def test_what_haproxy_serves_already_is_not_given_to_it_again(settings: Settings) -> None:
    with haproxy(settings, {"show": FINGERPRINT}) as told:
        edge_acme.install(settings, PEM)
    assert not any(command.startswith("set ") for command in told)


def test_an_haproxy_that_does_not_run_reads_the_file_when_it_starts(settings: Settings, tmp_path: Path) -> None:
    edge_acme.install(settings, PEM)
    assert (tmp_path / "edge.pem").read_text() == PEM
