"""What a person saved outlives restarts of everything it went through. Needs the fleet on this machine, deployed."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from fleet import ROOT

if TYPE_CHECKING:
    from e2e.person import Person
    from e2e.watch import Watch
    from fleet import Fleet
    from playwright.sync_api import Page

# Longest wait for the page after a restart: a host boots, its engine starts Postgres, health checks pass.
RECOVERY_SECONDS = 180


@pytest.mark.parametrize("width", ["desktop"])
def test_a_sign_up_persists_over_docker_restart_of_every_container(person: Person, fleet: Fleet) -> None:
    profile = {"Headline": "Here before the containers restarted"}
    person.sign_up()
    person.save_profile(**profile)

    before = _container_starts(fleet)
    for host in fleet.hosts():
        fleet.run(host, "docker ps --quiet | xargs --no-run-if-empty docker restart")
    after = _container_starts(fleet)
    assert after.keys() == before.keys()
    assert not set(after.items()) & set(before.items()), "A container was not restarted."

    _wait_until_the_profile_answers(person.page)
    person.page.reload()
    person.sees_the_profile(**profile)


@pytest.mark.parametrize("width", ["desktop"])
def test_a_sign_up_persists_over_a_restart_of_the_db_host(person: Person, watch: Watch, fleet: Fleet) -> None:
    profile = {"Headline": "Here before the db host restarted"}
    person.sign_up()
    person.save_profile(**profile)
    assert watch.problems == []

    host = f"{fleet.name}-{fleet.hosts('db')[0]}"
    before = _host_start(host)
    subprocess.run(["docker", "restart", "--time", "60", host], check=True, capture_output=True)
    assert _host_start(host) != before, "The db host was not restarted."

    _wait_until_the_profile_answers(person.page)
    person.page.reload()
    person.sees_the_profile(**profile)


def _container_starts(fleet: Fleet) -> dict[str, str]:
    """When each running container of the fleet was started, by host and name."""
    inspect = "docker ps --quiet | xargs --no-run-if-empty docker inspect --format '{{.Name}} {{.State.StartedAt}}'"
    found = ((host, line.split()) for host in fleet.hosts() for line in fleet.run(host, inspect).splitlines())
    starts = {host + name: start for host, (name, start) in found}
    assert starts, f"No container runs on any host of {fleet.inventory.relative_to(ROOT)}."
    return starts


def _host_start(container: str) -> str:
    """When a stand-in host was started."""
    command = ["docker", "inspect", "--format", "{{.State.StartedAt}}", container]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _wait_until_the_profile_answers(page: Page) -> None:
    """Ask from within the page, with the person's own session, until there is an answer."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    ask = "fetch('/api/v1/profile', {signal: AbortSignal.timeout(5000)}).then((answer) => answer.status, () => 0)"
    while (status := page.evaluate(ask)) != 200:
        assert time.monotonic() < deadline, f"No profile {RECOVERY_SECONDS} s after the restart: {status}."
        page.wait_for_timeout(500)
