"""Replacing containers under load: nothing is lost, and nothing is left behind, whatever happens on the way."""

from __future__ import annotations

import json
import os
import shlex
import signal
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

import pytest
import yaml
from fleet import ANSIBLE, ROOT, Fleet, PlaybookRun
from load import Connection, Load, Request

NAME = "jobfolio.test"
JSON = {"Content-Type": "application/json"}
ANY = {"If-Match": "*"}
ROUNDS = 8
BACKENDS = ("--limit", "backend")


@pytest.fixture(scope="module")
def visit(fleet: Fleet) -> Sequence[Request]:
    """What a signed-in person's browser sends: pages, reads, writes, and a POST that must never be sent twice."""
    context = ssl.create_default_context(cafile=str(fleet.state / "tls" / "ca.crt"))
    connection = Connection(fleet.address(fleet.hosts("edge")[0]), NAME, context)
    account = {"email": f"{uuid4().hex}@example.org", "password": uuid4().hex}
    connection.request("POST", "/api/v1/auth/sign-up", json.dumps(account), JSON)
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    cookie = {"Cookie": str(answer.headers["Set-Cookie"]).split(";")[0]}
    connection.close()
    return [
        Request("GET", "/api/v1/profile", headers=cookie),
        Request("POST", "/api/v1/auth/log-out", b"{}", (204,), cookie | JSON),
        Request("PUT", "/api/v1/profile", json.dumps({"summary": "x" * 2000}).encode(), headers=cookie | JSON | ANY),
        Request("GET", "/"),
        Request("POST", "/api/v1/auth/log-out", b"{}", (204,), cookie | JSON),
    ]


@pytest.fixture(scope="module", autouse=True)
def _as_it_was(fleet: Fleet) -> Iterator[None]:
    """Leave the fleet as the inventory describes it."""
    yield
    run = fleet.playbook("deploy")
    assert run.status == 0, run.output


@contextmanager
def load(fleet: Fleet, visit: Sequence[Request]) -> Iterator[Load]:
    """Send requests for as long as the block takes; pytest -s shows what became of them."""
    edge = fleet.address(fleet.hosts("edge")[0])
    with Load(edge, visit, name=NAME, ca=str(fleet.state / "tls" / "ca.crt")) as running:
        yield running
    print(f"\n{running.report}")


def variables(**values: object) -> list[str]:
    return ["--extra-vars", json.dumps(values)]


def change_backends(fleet: Fleet, *limit: str, **values: object) -> PlaybookRun:
    """Deploy backends with another environment, which replaces every one of them."""
    values.setdefault("backend_env", {"ROLLING_TEST": uuid4().hex})
    return fleet.playbook("deploy", *limit, *variables(**values))


def changed_image(fleet: Fleet) -> str:
    """Put another backend image into the registry, and return its reference by digest."""
    host = fleet.hosts("build")[0]
    name = f"{fleet.address(host)}:5000/jobfolio/backend"
    released = yaml.safe_load((fleet.state / "releases" / "1.0.0.yml").read_text())["images"]["backend"]
    dockerfile = f"FROM {name}@{released.partition('@')[2]}\nLABEL rolling.test={uuid4().hex}\n"
    fleet.run(host, f"printf {shlex.quote(dockerfile)} | docker build --quiet --tag {name}:rolling-test -")
    pushed = fleet.run(
        host, f"docker push --quiet {name}:rolling-test >/dev/null && docker image inspect {name}:rolling-test"
    )
    digests = json.loads(pushed)[0]["RepoDigests"]
    return str(next(digest for digest in digests if digest.startswith(name) and released not in digest))


def backends(fleet: Fleet) -> dict[str, dict[str, str]]:
    """IDs of the running backend containers by host and name."""
    return {
        host: {name: id_ for name, id_ in fleet.containers(host).items() if name.startswith("backend-")}
        for host in fleet.hosts("backend")
    }


def ids(found: dict[str, dict[str, str]]) -> set[str]:
    return {id_ for containers in found.values() for id_ in containers.values()}


def interrupt_deploy(fleet: Fleet, task: str) -> None:
    """Begin to replace the backends, and kill the controller's process as soon as it has reported a task."""
    command = ["ansible-playbook", "--inventory", str(fleet.inventory), "playbooks/deploy.yml", *BACKENDS]
    run = subprocess.Popen(
        [*command, *variables(backend_env={"ROLLING_TEST": uuid4().hex})],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=os.environ | ANSIBLE,
        start_new_session=True,
    )
    assert run.stdout
    said = []
    for line in run.stdout:
        said.append(line)
        if line.startswith(f"TASK [container : {task}]"):
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            return
    pytest.fail(f"the deploy never came to {task!r}:\n{''.join(said)}")


def test_backends_with_a_changed_image_are_replaced_without_losing_a_request(
    fleet: Fleet, visit: Sequence[Request]
) -> None:
    before = backends(fleet)
    image = changed_image(fleet)

    with load(fleet, visit) as running:
        run = change_backends(fleet, backend_image=image)

    assert run.status == 0, run.output
    assert running.report.lost == 0, running.report
    after = backends(fleet)
    assert all(len(containers) == 1 for containers in after.values()), after
    assert not ids(before) & ids(after)
    for host, containers in after.items():
        assert (
            fleet.run(host, f"docker inspect --format '{{{{.Config.Image}}}}' {next(iter(containers))}").strip()
            == image
        )


def test_with_the_drain_switched_off_the_same_load_loses_requests(fleet: Fleet, visit: Sequence[Request]) -> None:
    """The negative control. A single replacement may be lucky, so it gets a few."""
    lost = 0
    for _ in range(ROUNDS):
        with load(fleet, visit) as running:
            run = change_backends(fleet, *BACKENDS, container_drain=False)
        assert run.status == 0, run.output
        lost += running.report.lost
        if lost:
            break

    assert lost > 0


def test_a_backend_that_does_not_get_ready_is_given_up_and_the_old_one_serves(
    fleet: Fleet, visit: Sequence[Request]
) -> None:
    before = backends(fleet)

    with load(fleet, visit) as running:
        run = change_backends(fleet, *BACKENDS, backend_env={"SECRET_KEY_FILE": "/run/secrets/missing"})

    assert run.status != 0
    for part in ("did not get ready", "exit code", "goes on serving", "docker logs backend-", "SECRET_KEY_FILE"):
        assert part in run.output, run.output
    assert running.report.lost == 0, running.report
    assert backends(fleet) == before


@pytest.mark.parametrize(
    "task", ["Start the container", "Move the traffic on every edge", "Stop the container that went"]
)
def test_a_deploy_that_was_killed_after_a_step_is_finished_by_the_next(
    fleet: Fleet, visit: Sequence[Request], task: str
) -> None:
    with load(fleet, visit) as running:
        interrupt_deploy(fleet, task)
        run = change_backends(fleet, *BACKENDS)

    assert run.status == 0, run.output
    assert running.report.lost == 0, running.report
    assert all(len(containers) == 1 for containers in backends(fleet).values())
    for host in fleet.hosts("backend"):
        assert fleet.run(host, "docker ps --all --quiet --filter name=backend-").count("\n") <= 1
    for edge in fleet.hosts("edge"):
        assert administrative_states(fleet, edge) == {"0"}


def administrative_states(fleet: Fleet, edge: str) -> set[str]:
    """What operators set on the servers of an edge: 0 is nothing, as after a start."""
    socket = f"/var/lib/{NAME.partition('.')[0]}/edge/runtime.sock"
    script = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
        "s.sendall(b'show servers state\\n'); print(s.makefile().read())"
    )
    state = fleet.run(edge, f'python3 -c "{script}" {socket}')
    rows = [line.split() for line in state.splitlines() if line[:1].isdigit() and " " in line]
    return {row[6] for row in rows}


def test_a_changed_edge_configuration_is_reloaded_without_losing_a_request(
    fleet: Fleet, visit: Sequence[Request]
) -> None:
    edge = fleet.hosts("edge")[0]
    before = fleet.containers(edge)["edge"]

    with load(fleet, visit) as running:
        for size in (5_000_000, 6_000_000):
            run = fleet.playbook("deploy", "--limit", "edge", *variables(edge_max_body_bytes=size))
            assert run.status == 0, run.output

    assert running.report.lost == 0, running.report
    assert fleet.containers(edge)["edge"] == before
    assert "gt 6000000" in fleet.run(edge, "cat /etc/jobfolio/edge/haproxy.cfg")
