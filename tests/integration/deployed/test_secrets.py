"""No secret shows where an operator, a monitoring tool or a log collector looks."""

from pathlib import Path

import pytest
from fleet import Fleet


@pytest.fixture(scope="module")
def secrets(fleet: Fleet) -> dict[str, str]:
    """The real secrets of this fleet, by name."""
    found = {path.name: path.read_text().split()[0] for path in (fleet.state / "secrets").iterdir() if path.is_file()}
    for key in (fleet.state / "tls").glob("*.key"):
        # A line from the middle of the key: enough to recognise it.
        found[key.name] = key.read_text().splitlines()[2]
    assert len(found) >= 6, found.keys()
    return found


def shown(secrets: dict[str, str], text: str) -> list[str]:
    return sorted(name for name, value in secrets.items() if value in text)


def test_docker_inspect_of_every_container_shows_no_secret(fleet: Fleet, secrets: dict[str, str]) -> None:
    for host in fleet.hosts():
        inspected = fleet.run(host, "docker ps --all --quiet | xargs -r docker inspect")
        assert not shown(secrets, inspected), host


def test_process_lists_and_environments_show_no_secret(fleet: Fleet, secrets: dict[str, str]) -> None:
    for host in fleet.hosts():
        listed = fleet.run(host, "ps auxwwe; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; true")
        assert not shown(secrets, listed), host


def test_container_logs_show_no_secret(fleet: Fleet, secrets: dict[str, str]) -> None:
    for host in fleet.hosts():
        logs = fleet.run(host, "for name in $(docker ps --all --quiet); do docker logs $name 2>&1; done")
        assert not shown(secrets, logs), host


def test_what_sudo_writes_down_shows_no_secret(fleet: Fleet, secrets: dict[str, str]) -> None:
    for host in fleet.hosts():
        assert not shown(secrets, fleet.run(host, "cat /var/log/sudo.log")), host


def test_the_most_verbose_log_of_a_whole_deploy_shows_no_secret(fleet: Fleet, secrets: dict[str, str]) -> None:
    run = fleet.playbook("deploy", "-vvv", "--diff")

    assert run.status == 0, run.output[-5000:]
    assert not shown(secrets, run.output)


def test_the_search_would_find_a_secret_that_shows(fleet: Fleet, secrets: dict[str, str]) -> None:
    host = fleet.hosts("backend")[0]
    leaked = fleet.run(host, "cat /etc/jobfolio/backend/secrets/*")
    assert shown(secrets, leaked)


def test_secrets_on_hosts_are_readable_by_their_container_only(fleet: Fleet) -> None:
    for host in fleet.hosts():
        listed = fleet.run(host, "find /etc/jobfolio -path '*/secrets/*' -type f ! -name '*.crt' -printf '%m %p\\n'")
        loose = [line for line in listed.splitlines() if not line.startswith("400 ")]
        assert not loose, host


def test_private_keys_on_the_controller_are_readable_by_their_owner_only(fleet: Fleet) -> None:
    keys = [path for path in fleet.state.rglob("*") if path.suffix == ".key" or path.parent.name == "secrets"]
    assert keys
    assert not [path for path in keys if path.is_file() and Path(path).stat().st_mode & 0o077]
