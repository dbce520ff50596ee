"""Whether to go on waiting for a container, and what its logs say."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from rolling.engine import demultiplex
from rolling.readiness import ask, checks, health, hopeless


def inspected(restarts: int = 0, **state: object) -> dict[str, Any]:
    usual = {"Running": True, "Restarting": False, "ExitCode": 0, "Status": "running"}
    return {"RestartCount": restarts, "State": usual | state}


def test_a_running_container_is_waited_for_and_so_is_one_that_ended_once() -> None:
    assert hopeless(inspected()) is None
    assert hopeless(inspected(1)) is None
    assert hopeless(inspected(1, Running=False, Restarting=True, ExitCode=3)) is None


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "not there"),
        (inspected(Running=False, ExitCode=3), "exit code 3"),
        (inspected(Running=False, ExitCode=137, OOMKilled=True), "137.*memory"),
        (inspected(2, Restarting=True, ExitCode=1), "2 times, last with exit code 1"),
    ],
)
def test_a_container_that_cannot_get_ready_is_given_up_at_once(found: dict[str, Any] | None, reason: str) -> None:
    said = hopeless(found)
    assert said is not None
    assert re.search(reason, said)


def test_without_an_endpoint_docker_s_health_check_is_asked() -> None:
    check = {"Status": "unhealthy", "Log": [{"Output": "no"}, {"Output": "refused\n"}]}
    assert str(health(inspected(Health=check))) == "503 unhealthy: refused"
    assert health(inspected(Health={"Status": "healthy", "Log": None})).ready
    assert not health(inspected(Health={"Status": "starting", "Log": []})).ready


def test_without_any_check_running_is_all_there_is_to_know() -> None:
    assert health(inspected()).ready
    assert not health(inspected(Running=False, Status="exited")).ready


@pytest.fixture
def unready() -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503)
            self.end_headers()
            self.wfile.write(b"schema too old")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_an_endpoint_s_reason_is_kept_and_silence_is_no_crash(unready: int) -> None:
    assert str(ask("127.0.0.1", unready, "/readyz")) == "503 schema too old"
    assert "no answer" in str(ask("127.0.0.1", 1, "/readyz"))


def test_log_frames_are_taken_apart_and_a_terminal_s_text_is_kept() -> None:
    framed = b"\x01\0\0\0\0\0\0\x03one" + b"\x02\0\0\0\0\0\0\x04\ntwo"
    assert demultiplex(framed) == b"one\ntwo"
    assert demultiplex(b"plain text of a terminal") == b"plain text of a terminal"
    assert demultiplex(b"") == b""


def test_a_health_check_that_docker_has_not_run_yet_is_run() -> None:
    def found(status: str, *test: str, running: bool = True) -> Sequence[str]:
        state = inspected(Health={"Status": status}, Running=running)
        return checks(state | {"Config": {"Healthcheck": {"Test": list(test)}}})

    assert found("starting", "CMD", "pg_isready", "--quiet") == ["pg_isready", "--quiet"]
    assert found("starting", "CMD-SHELL", "exit 0") == ["/bin/sh", "-c", "exit 0"]
    assert found("starting", "NONE") == []
    assert found("healthy", "CMD", "true") == []
    assert found("unhealthy", "CMD", "true") == []
    assert found("starting", "CMD", "true", running=False) == []
