"""No secret shows where an operator, a monitoring tool or a log collector looks."""

from pathlib import Path

import pytest
from fleet import Fleet
from leaks import leaked, secrets_of


@pytest.fixture(scope="module")
def secrets(fleet: Fleet) -> dict[str, str]:
    """The real secrets of this fleet, by name."""
    return secrets_of(fleet)


def test_docker_inspect_of_every_container_shows_no_secret(fleet: Fleet, secrets: dict[str, str]) -> None:
    for host in fleet.hosts():
        inspected = fleet.run(host, "docker ps --all --quiet | xargs -r docker inspect")
        assert not leaked(secrets, inspected), host


def test_process_lists_and_environments_show_no_secret(fleet: Fleet, secrets: dict[str, str]) -> None:
    for host in fleet.hosts():
        listed = fleet.run(host, "ps auxwwe; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; true")
        assert not leaked(secrets, listed), host


def test_container_logs_show_no_secret(fleet: Fleet, secrets: dict[str, str]) -> None:
    for host in fleet.hosts():
        logs = fleet.run(host, "for name in $(docker ps --all --quiet); do docker logs $name 2>&1; done")
        assert not leaked(secrets, logs), host


def test_what_sudo_writes_down_shows_no_secret(fleet: Fleet, secrets: dict[str, str]) -> None:
    for host in fleet.hosts():
        assert not leaked(secrets, fleet.run(host, "cat /var/log/sudo.log")), host


def test_the_search_would_find_a_secret_that_shows(fleet: Fleet, secrets: dict[str, str]) -> None:
    host = fleet.hosts("backend")[0]
    assert leaked(secrets, fleet.run(host, "cat /etc/jobfolio/backend/secrets/*"))


def test_secrets_on_hosts_are_readable_by_their_container_only(fleet: Fleet) -> None:
    for host in fleet.hosts():
        listed = fleet.run(host, "find /etc/jobfolio -path '*/secrets/*' -type f ! -name '*.crt' -printf '%m %p\\n'")
        loose = [line for line in listed.splitlines() if not line.startswith("400 ")]
        assert not loose, host


def test_private_keys_on_the_controller_are_readable_by_their_owner_only(fleet: Fleet) -> None:
    keys = [path for path in fleet.state.rglob("*") if path.suffix == ".key" or path.parent.name == "secrets"]
    assert keys
    assert not [path for path in keys if path.is_file() and Path(path).stat().st_mode & 0o077]
