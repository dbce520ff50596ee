"""The server as a container runs it: metrics, logs, an end that loses nothing."""

import json
import re
import socket
import time
import urllib.error
from http.client import HTTPConnection
from pathlib import Path

import pytest
from unit.backend.conftest import Database
from unit.backend.server import serving


def requests_counted(metrics: str) -> dict[str, float]:
    """How many requests each route answered."""
    pattern = r'^jobfolio_request_duration_seconds_count\{.*route="([^"]+)".*\} (\S+)$'
    return {route: float(number) for route, number in re.findall(pattern, metrics, re.MULTILINE)}


def test_metrics_sum_over_all_processes_and_answer_on_their_own_port_only(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path / "log", WEB_CONCURRENCY="2") as server:
        before = requests_counted(server.metrics())["/livez"]
        for _ in range(40):
            server.get("/livez")
        metrics = server.metrics()
        assert requests_counted(metrics)["/livez"] == before + 40
        assert 'jobfolio_release_info{release="1.2.3"} 1.0' in metrics
        assert "jobfolio_database_connections_in_use 0.0" in metrics

        for path, port in (
            ("/metrics", server.port),
            ("/livez", server.metrics_port),
            ("/api/v1/auth/me", server.metrics_port),
        ):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                server.get(path, port)


def test_a_path_becomes_no_label(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path / "log") as server:
        for number in range(5):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                server.get(f"/guess/{number}")
        assert requests_counted(server.metrics())["none"] == 5
        assert "guess" not in server.metrics()


def test_everything_the_server_says_is_json(database: Database, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(database, log) as server, pytest.raises(urllib.error.HTTPError, match="401"):
        server.get("/api/v1/auth/me?token=hush")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    [request] = [line for line in lines if line.get("path") == "/api/v1/auth/me"]
    assert request["status"] == 401
    assert len(request["request_id"]) == 36
    assert "hush" not in log.read_text()


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream"])
def test_a_large_body_that_is_refused_leaves_its_connection_to_the_next_request(
    database: Database, tmp_path: Path, content_type: str
) -> None:
    with serving(database, tmp_path / "log") as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
        for _ in range(3):
            connection.request("POST", "/api/v1/documents?name=x", b"x" * 1_000_000, {"Content-Type": content_type})
            answer = connection.getresponse()
            answer.read()
            assert answer.status in {401, 415}
        connection.close()


def test_a_request_under_way_is_answered_after_the_server_was_told_to_stop(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path / "log") as server, database.cluster.connect(database.name) as holder:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            holder.execute("BEGIN; LOCK auth_users")
            connection.sendall(LOG_IN)
            deadline = time.monotonic() + 10
            while not database.sql(WAITING):
                assert time.monotonic() < deadline, "The request never came to the lock."
            server.process.terminate()
            holder.execute("ROLLBACK")
            assert connection.recv(100).startswith(b"HTTP/1.1 401 ")
        assert server.process.wait(60) == 0


WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'jobfolio_app'"
BODY = b'{"email": "nobody@example.org", "password": "none"}'
LOG_IN = (
    b"POST /api/v1/auth/log-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
