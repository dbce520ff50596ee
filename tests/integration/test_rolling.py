"""Replacing containers under load: nothing is lost, and nothing is left behind, whatever happens on the way."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from uuid import uuid4

import pytest
import yaml
from fleet import Fleet, PlaybookRun, ids, variables
from load import Connection
from marks import soak
from state import put_right
from traffic import Visit, connect, load

ROUNDS = 8
BURSTS = 10
BACKENDS = ("--limit", "backend")


@pytest.fixture(scope="module", autouse=True)
def _as_it_was(fleet: Fleet) -> Iterator[None]:
    """Leave the fleet as the inventory describes it."""
    yield
    run = fleet.playbook("deploy")
    assert run.status == 0, run.output


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


def test_backends_with_a_changed_image_are_replaced_without_losing_a_request(fleet: Fleet, visit: Visit) -> None:
    before = fleet.backends()
    image = changed_image(fleet)

    with load(fleet, visit) as running:
        run = change_backends(fleet, backend_image=image)

    assert run.status == 0, run.output
    assert running.report.lost == 0, running.report
    after = fleet.backends()
    assert all(len(containers) == 1 for containers in after.values()), after
    assert not ids(before) & ids(after)
    for host, containers in after.items():
        assert (
            fleet.run(host, f"docker inspect --format '{{{{.Config.Image}}}}' {next(iter(containers))}").strip()
            == image
        )


def test_with_the_drain_switched_off_the_same_load_loses_requests(fleet: Fleet, visit: Visit) -> None:
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


def lost_in_bursts(fleet: Fleet, visit: Visit) -> int:
    """How many POSTs are lost that come in bursts, between which the edge's connections are idle for two seconds.

    Clients stay connected: HAProxy sends only the first request of each over a connection that is new.
    """
    post = next(request for request in visit.requests if request.counted)

    def served(client: Connection) -> bool:
        try:
            client.request(post.method, post.path, post.body, post.headers)
            answer = client.getresponse()
            answer.read()
        except (OSError, HTTPException):
            client.close()
            return False
        return answer.status in post.expect

    lost = 0
    clients = [connect(fleet) for _ in range(32)]
    with ThreadPoolExecutor(len(clients)) as together:
        for _ in range(BURSTS):
            lost += list(together.map(served, clients)).count(False)
            time.sleep(2)
    for client in clients:
        client.close()
    return lost


@soak
def test_with_gunicorns_own_keep_alive_requests_are_lost_where_none_is_with_ours(fleet: Fleet, visit: Visit) -> None:
    assert lost_in_bursts(fleet, visit) == 0
    run = change_backends(fleet, *BACKENDS, backend_env={"GUNICORN_CMD_ARGS": "--keep-alive 2"})
    assert run.status == 0, run.output
    assert lost_in_bursts(fleet, visit) > 0


def test_a_backend_that_does_not_get_ready_is_given_up_and_the_old_one_serves(fleet: Fleet, visit: Visit) -> None:
    before = fleet.backends()

    with load(fleet, visit) as running:
        run = change_backends(fleet, *BACKENDS, backend_env={"SECRET_KEY_FILE": "/run/secrets/missing"})

    assert run.status != 0
    for part in ("did not get ready", "exit code", "goes on serving", "docker logs backend-", "SECRET_KEY_FILE"):
        assert part in run.output, run.output
    assert running.report.lost == 0, running.report
    assert fleet.backends() == before
    # It got as far as it did with an eighth of what the one weighs that serves.
    stopped = "docker ps --all --quiet --filter name=backend- --filter status=exited"
    told = f"{stopped} | xargs --no-run-if-empty docker inspect --format '{{{{.HostConfig.CpuShares}}}}'"
    weights = [weight for host in fleet.hosts("backend") for weight in fleet.run(host, told).split()]
    assert set(weights) == {"128"}, weights


@pytest.mark.parametrize(
    "task",
    [
        pytest.param("Start the container", marks=soak),
        "Move the traffic on every edge",
        pytest.param("Stop and remove the container that went", marks=soak),
    ],
)
def test_a_deploy_that_was_killed_after_a_step_is_finished_by_the_next(fleet: Fleet, visit: Visit, task: str) -> None:
    with load(fleet, visit) as running:
        fleet.interrupt(
            "deploy", f"container : {task}", *BACKENDS, *variables(backend_env={"ROLLING_TEST": uuid4().hex})
        )
        run = change_backends(fleet, *BACKENDS)

    assert run.status == 0, run.output
    assert running.report.lost == 0, running.report
    put_right(fleet)


def test_a_changed_edge_configuration_is_reloaded_without_losing_a_request(fleet: Fleet, visit: Visit) -> None:
    edge = fleet.hosts("edge")[0]
    before = fleet.containers(edge)["edge"]

    with load(fleet, visit) as running:
        for size in (5_000_000, 6_000_000):
            run = fleet.playbook("deploy", "--limit", "edge", *variables(edge_max_body_bytes=size))
            assert run.status == 0, run.output

    assert running.report.lost == 0, running.report
    assert fleet.containers(edge)["edge"] == before
    assert "gt 6000000" in fleet.run(edge, "cat /etc/jobfolio/edge/haproxy.cfg")
