"""The deployed API keeps to its description, whatever it is sent; and the edge keeps people from guessing passwords."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fleet import ROOT, Fleet
from load import Connection

PASSWORD = "correct horse battery"
JSON = {"Content-Type": "application/json"}
# Test cases that a run must come to. The number of examples for each operation decides how many more there are.
FEWEST_CASES = 2000


class Edge:
    """One edge as a client meets it."""

    def __init__(self, fleet: Fleet) -> None:
        self.ca = fleet.state / "tls" / "ca.crt"
        self.address = fleet.address(fleet.hosts("edge")[0])
        self.url = f"https://{self.address}"

    def send(self, method: str, path: str, body: object = None, **headers: str) -> tuple[HTTPResponse, dict[str, Any]]:
        """Send one request; gives the answer and its JSON."""
        context = ssl.create_default_context(cafile=str(self.ca))
        connection = Connection(self.address, "jobfolio.test", context)
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        connection.request(
            method, path, content, JSON | {name.replace("_", "-"): said for name, said in headers.items()}
        )
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer, json.loads(text) if text else {}

    def sign_up(self) -> dict[str, str]:
        """Make an account; gives what it logs in with."""
        account = {"email": f"{uuid4().hex}@example.org", "password": PASSWORD}
        answer, _ = self.send("POST", "/api/v1/auth/sign-up", account)
        assert answer.status == 201
        return account


@pytest.fixture(scope="module")
def edge(fleet: Fleet) -> Edge:
    return Edge(fleet)


def accounts(edge: Edge, folder: Path) -> Path:
    """Make two people who must not see each other's things, and say in a file how each of them logs in."""
    people = [
        {
            "name": name,
            "loginEndpointAuth": {
                "endpoint": "/api/v1/auth/log-in",
                "verb": "POST",
                "contentType": "application/json",
                "payloadRaw": json.dumps(edge.sign_up()),
                "expectCookies": True,
            },
        }
        for name in ("ada", "eve")
    ]
    path = folder / "accounts.json"
    path.write_text(json.dumps({"schemaVersion": "0.2.0", "auth": people}))
    return path


def fuzz(edge: Edge, folder: Path, *arguments: str, description: Path | None = None) -> tuple[dict[str, Any], str]:
    """Let Schemathesis send what it thinks of to every operation; gives its report, and what it said."""
    report = folder / "report.json"
    config = ["--config-file", str(ROOT / "tests" / "integration" / "schemathesis.toml")]
    where = [str(description or f"{edge.url}/api/v1/openapi.json"), "--url", edge.url, "--tls-verify", str(edge.ca)]
    how = ["--continue-on-failure", "--report", "json", "--report-json-path", str(report)]
    run = subprocess.run(
        ["schemathesis", *config, "run", *where, *how, *arguments],
        env=os.environ | {"API_ACCOUNTS": str(accounts(edge, folder))},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    said = run.stdout + run.stderr
    assert run.returncode in {0, 1}, said
    return json.loads(report.read_text()), said


def test_nothing_that_is_sent_gets_an_answer_outside_the_description(edge: Edge, tmp_path: Path) -> None:
    # The same seed every time, so that a change alone can make this fail; the soak takes another one each round.
    examples, seed = os.environ.get("API_EXAMPLES", "30"), os.environ.get("API_SEED", "1")
    report, said = fuzz(edge, tmp_path, "--max-examples", examples, "--seed", seed)
    print(f"\n{report['test_cases']}")
    assert not report["failures"], said
    assert not report["errors"], said
    assert report["test_cases"]["generated"] >= FEWEST_CASES
    assert report["operations"]["tested"] == report["operations"]["total"]


def test_an_answer_outside_the_description_would_be_noticed(edge: Edge, tmp_path: Path) -> None:
    _, described = edge.send("GET", "/api/v1/openapi.json")
    described["components"]["schemas"]["User"]["required"].append("shoe_size")
    changed = tmp_path / "openapi.json"
    changed.write_text(json.dumps(described))
    report, said = fuzz(edge, tmp_path, "--include-path", "/api/v1/auth/me", description=changed)
    assert report["failures"], said
    assert "shoe_size" in said


def test_what_the_edge_refuses_is_a_problem_answer(edge: Edge) -> None:
    whole = edge.send("POST", "/api/v1/documents?name=cv.pdf", b"x" * (10 * 1024 * 1024 + 1))
    long = edge.send("GET", f"/api/v1/postings?search={'x' * 9000}")
    for (answer, problem), status in ((whole, 413), (long, 414)):
        assert (answer.status, problem["status"]) == (status, status)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert problem["detail"].endswith(".")


@pytest.fixture
def _few_attempts(fleet: Fleet) -> Iterator[None]:
    """Let each client try five passwords a minute, as long as the test takes."""
    run = fleet.playbook("deploy", "--limit", "edge", "--extra-vars", "edge_password_attempts=5")
    assert run.status == 0, run.output
    yield
    run = fleet.playbook("deploy", "--limit", "edge")
    assert run.status == 0, run.output


@pytest.mark.usefixtures("_few_attempts")
def test_a_client_that_tries_passwords_has_to_wait_wherever_it_tries_them(edge: Edge) -> None:
    """The control is the count: the verification of the deployment has tried once, the first ones are answered."""
    guess = {"email": "nobody@example.org", "password": "short"}
    attempts = [edge.send("POST", f"/api/v1/auth/{path}", guess) for path in ["log-in", "sign-up", "%6cog-in"] * 6]
    statuses = [answer.status for answer, _ in attempts]
    refused = statuses.index(429)
    assert set(statuses[:refused]) <= {401, 422}
    assert set(statuses[refused:]) == {429}
    assert 3 <= refused <= 5
    answer, problem = attempts[-1]
    assert (answer.headers["Retry-After"], problem["type"]) == ("60", "urn:jobfolio:problem:rate-limited")
    assert edge.send("GET", "/api/v1/auth/me")[0].status == 401


def test_a_request_is_found_by_its_id_in_the_logs_of_edge_and_backend(fleet: Fleet, edge: Edge) -> None:
    answer, _ = edge.send("GET", "/api/v1/auth/me", X_Request_ID="made-up-by-the-client")
    request_id = answer.headers["X-Request-ID"]
    assert request_id != "made-up-by-the-client"
    search = f"for name in $(docker ps --quiet); do docker logs --since 5m $name 2>&1; done | grep {request_id}; true"
    logs = [fleet.run(host, search) for host in [*fleet.hosts("edge"), *fleet.hosts("backend")]]
    found = [line for log in logs for line in log.splitlines()]
    [logged] = [json.loads(line) for line in found if line.startswith("{")]
    assert (logged["path"], logged["status"], logged["request_id"]) == ("/api/v1/auth/me", 401, request_id)
    assert len(found) == 2


def test_an_address_that_is_taken_is_in_no_log(fleet: Fleet, edge: Edge) -> None:
    account = edge.sign_up()
    assert edge.send("POST", "/api/v1/auth/sign-up", account)[0].status == 409
    search = "for name in $(docker ps --quiet); do docker logs --since 5m $name 2>&1; done | grep {}; true"
    for host in fleet.hosts():
        assert fleet.run(host, search.format(account["email"])) == ""
    # The control: the refusal itself was logged.
    assert "uq_auth_users_lower_email" in fleet.run(fleet.hosts("db")[0], search.format("duplicate"))


def test_metrics_answer_on_the_hosts_own_loopback_and_nowhere_else(fleet: Fleet) -> None:
    for host in fleet.hosts("backend"):
        [name] = [name for name in fleet.containers(host) if name.startswith("backend-")]
        port = {"backend-a": 9001, "backend-b": 9002}[name]
        ask = f'urlopen("http://{{}}:{port}/metrics", timeout=5).read().decode()'
        fetch = f"python3 -c 'from urllib.request import urlopen; print({ask})'"
        assert "jobfolio_request_duration_seconds_count" in fleet.run(host, fetch.format("127.0.0.1"))
        refused = fleet.on(host).run(fetch.format(fleet.address(host)))
        assert "Connection refused" in refused.stderr
        other = fleet.on(fleet.hosts("edge")[0]).run(fetch.format(fleet.address(host)))
        assert other.rc != 0
