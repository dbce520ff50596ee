"""Hosts restart when a person says so, one after another, and never while somebody else works on the fleet."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from state import put_right, wait_until_up
from traffic import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet import Fleet
    from traffic import Visit

# The file that Debian's packages make when a new kernel waits.
WAITS = "/run/reboot-required"


def booted(fleet: Fleet) -> dict[str, str]:
    """When each host started."""
    return {host: fleet.run(host, "systemctl show --property=UserspaceTimestamp --value") for host in fleet.hosts()}


def wait_until_right(fleet: Fleet) -> None:
    """Wait until the edges have found what serves."""
    end = time.monotonic() + 60
    while True:
        try:
            return put_right(fleet)
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(1)


@pytest.fixture
def waiting(fleet: Fleet) -> Iterator[str]:
    """A host with a new kernel."""
    host = fleet.hosts("backend")[0]
    fleet.run(host, f"touch {WAITS}")
    yield host
    fleet.run(host, f"rm --force {WAITS}")


def test_status_names_the_hosts_that_wait_for_a_restart(fleet: Fleet, waiting: str) -> None:
    assert fleet.playbook("status").status == 0
    told = json.loads((fleet.state / "status" / "status.json").read_text())
    assert f"Security updates wait for a restart of {waiting}: playbooks/reboot.yml." in told["remarks"]


def test_no_host_is_restarted_while_somebody_else_works_on_the_fleet(fleet: Fleet, waiting: str) -> None:
    before = booted(fleet)
    fleet.operation("state=taken owner=ana purpose='upgrade to 9.9.9'")
    number = json.loads(fleet.run(fleet.hosts("db")[0], "cat /var/lib/jobfolio/operation/lease.json"))["number"]
    try:
        run = fleet.playbook("reboot")
    finally:
        fleet.operation(f"state=released number={number}")
    assert run.status != 0
    assert "ana (upgrade to 9.9.9" in run.words
    assert booted(fleet) == before
    assert fleet.on(waiting).file(WAITS).exists


def test_the_hosts_that_wait_are_restarted_and_serve_again_and_no_request_is_lost_right_after_a_start(
    fleet: Fleet, visit: Visit, waiting: str
) -> None:
    before, containers = booted(fleet), fleet.all_containers()
    # Docker does not yet say that it is healthy when the edges send it requests again.
    fleet.run(waiting, f"docker restart {next(iter(fleet.backends()[waiting]))}")
    wait_until_up(fleet, waiting)
    with load(fleet, visit) as running:
        run = fleet.playbook("reboot")
    assert run.status == 0, run.output
    assert running.report.lost == 0, running.report
    put_right(fleet)
    after = booted(fleet)
    assert {host for host in after if after[host] != before[host]} == {waiting}
    assert fleet.all_containers() == containers
    assert not fleet.on(waiting).file(WAITS).exists
    assert [entry["event"] for entry in fleet.journal()[-2:]] == [
        f"began: restart of {waiting}",
        f"done: restart of {waiting}",
    ]


def test_a_host_that_is_restarted_with_its_traffic_loses_requests(fleet: Fleet, visit: Visit) -> None:
    """The negative control."""
    host = fleet.hosts("backend")[0]
    with load(fleet, visit) as running:
        # As the plug is pulled, and put in again; more than once, where it met no request that nobody may repeat.
        for _ in range(4):
            wait_until_up(fleet, host)
            fleet.cut_power(host)
            fleet.wait_for(host)
            if running.report.lost:
                break
    assert running.report.lost > 0
    wait_until_right(fleet)


def test_nothing_is_done_where_no_host_waits(fleet: Fleet) -> None:
    before, journal = booted(fleet), fleet.journal()
    run = fleet.playbook("reboot")
    assert run.status == 0, run.output
    assert set(run.changed.values()) == {0}
    assert booted(fleet) == before
    assert fleet.journal() == journal
