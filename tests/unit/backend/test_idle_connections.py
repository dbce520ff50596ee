"""A proxy may send a request on any connection that it keeps: the server is never the first to close one."""

import math
import re
import runpy
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml
from unit.backend.conftest import Database
from unit.backend.server import BACKEND, serving

EDGE = Path(__file__).parents[3] / "roles" / "edge"
POSTS = 60
# Seconds that connections idle for: about as long as gunicorn's default keep-alive, 2 s, and the second until it looks.
SHORTEST, LONGEST = 1.5, 3.5


def lost_posts(port: int) -> int:
    """Count the POSTs that nobody answers, one on each of many connections that idled for a while after another.

    It does not look whether the server has closed them, as a proxy that looked a moment ago.
    """
    connections = [HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(POSTS)]
    answered = []
    for connection in connections:
        connection.connect()
        connection.auto_open = 0  # it would hide a loss behind a new connection
        post(connection)
        answered.append(time.monotonic())
    lost = 0
    for number, connection in enumerate(connections):
        idle = SHORTEST + (LONGEST - SHORTEST) * number / (POSTS - 1)
        time.sleep(max(0, answered[number] + idle - time.monotonic()))
        try:
            post(connection)
        except ConnectionError:
            lost += 1
        connection.close()
    print(f"{lost} of {POSTS} POSTs lost")
    return lost


def post(connection: HTTPConnection) -> None:
    connection.request("POST", "/api/v1/postings", b"{}", {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 401


def test_no_post_on_an_idle_connection_is_lost(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path / "log") as server:
        assert lost_posts(server.port) == 0


def test_with_gunicorns_default_some_are_lost(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path / "log", "--keep-alive", "2") as server:
        assert lost_posts(server.port) > 0


def test_idle_connections_are_kept_for_longer_than_the_edge_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "unused")
    keepalive = runpy.run_path(str(BACKEND / "gunicorn.conf.py"))["keepalive"]
    template = (EDGE / "templates" / "haproxy.cfg.j2").read_text()
    [delay] = re.findall(r"^    default-server .* pool-purge-delay (\d+)s$", template, re.MULTILINE)
    # At each delay HAProxy closes half of those it does not need, and half of what it needed once is forgotten
    # (pool-purge-delay in its manual): the last one goes after so many.
    most = yaml.safe_load((EDGE / "defaults" / "main.yml").read_text())["edge_max_connections"]
    assert 2 * math.ceil(math.log2(most) + 1) * int(delay) < keepalive
