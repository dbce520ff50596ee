"""Certificates are renewed while people work: nobody is refused, no container replaced, a killed run made up for."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import traffic
from certificates import SERVICES, all_kept, all_shown, kept, shown
from database import from_backend
from fleet import variables
from marks import soak
from state import at_rest
from traffic import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fleet import Fleet
    from traffic import Visit

DAYS = 7
GIVEN = variables(certificates_days=DAYS)


def make_due(fleet: Fleet, names: Iterable[str]) -> None:
    """Have these issued again by the next run, as the documentation says."""
    for name in names:
        (fleet.state / "tls" / f"{name}.crt").unlink()


def test_every_certificate_is_renewed_and_nobody_is_refused_even_if_a_run_was_killed(
    fleet: Fleet, visit: Visit
) -> None:
    before, former = fleet.all_containers(), all_shown(fleet)
    make_due(fleet, SERVICES)
    begun = datetime.now(UTC)
    with load(fleet, visit) as running:
        # What has begun on a host comes to its end there: the file is written, and PostgreSQL does not know.
        fleet.interrupt("renew_certificates", "postgres : Write certificate and key", *GIVEN)
        assert shown(fleet, "postgres") == former["postgres"]
        run = fleet.playbook("renew_certificates", *GIVEN)
    assert run.status == 0, run.output
    assert running.report.lost == 0, running.report
    assert fleet.all_containers() == before
    assert all_shown(fleet) == all_kept(fleet)
    assert not any(former[name] & found for name, found in all_shown(fleet).items())
    for name in SERVICES:
        assert kept(fleet, name).not_valid_after_utc < begun + timedelta(days=DAYS, hours=1)
    told = fleet.journal()[-1]["event"].removeprefix("issued: certificates of ")
    assert set(told.split(", ")) == set(SERVICES)
    # Connections that the backends make from now on meet the new certificate. Not under load: one that looks idle may
    # be about to bring a request's first statement.
    fleet.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'jobfolio_app'")
    with load(fleet, visit) as again:
        time.sleep(2)
    assert again.report.lost == 0, again.report
    assert from_backend(fleet, user="jobfolio_app", password=secret(fleet)) == [[1]]
    # Both ends of the backups have new ones.
    fleet.run(fleet.hosts("build")[0], "/usr/local/lib/jobfolio/backup incr")
    what_took_one_in_is_started_again_after_a_crash(fleet)


def what_took_one_in_is_started_again_after_a_crash(fleet: Fleet) -> None:
    """It is not, where the engine was told to send it the signal."""
    for group, name in (("db", "postgres"), ("db", "backup"), ("build", "backup")):
        (host,) = fleet.hosts(group)
        inspect = f"docker inspect --format '{{{{.RestartCount}}}} {{{{.State.Running}}}} {{{{.State.Pid}}}}' {name}"
        restarts, _, process = fleet.run(host, inspect).split()
        fleet.run(host, f"kill -KILL {process}")
        end = time.monotonic() + 30
        while fleet.run(host, inspect).split()[:2] != [str(int(restarts) + 1), "true"]:
            assert time.monotonic() < end, f"{name} on {host} stays down"
            time.sleep(0.2)
    traffic.wait_until_served(fleet)


def secret(fleet: Fleet) -> str:
    return Path(fleet.state / "secrets" / "postgres_app").read_text().strip()


def test_a_second_renewal_changes_nothing_and_leaves_no_word(fleet: Fleet) -> None:
    before, journal, found = fleet.all_containers(), fleet.journal(), all_shown(fleet)
    run = fleet.playbook("renew_certificates", *GIVEN)
    assert run.status == 0, run.output
    assert not any(run.changed.values()), run.output
    assert (fleet.all_containers(), fleet.journal(), all_shown(fleet)) == (before, journal, found)
    at_rest(fleet)


def test_check_mode_tells_what_is_due_and_issues_nothing(fleet: Fleet) -> None:
    path = fleet.state / "tls" / "edge.crt"
    there = path.read_bytes()
    path.unlink()
    try:
        run = fleet.playbook("renew_certificates", "--check", "--diff")
        assert not path.exists()
    finally:
        path.write_bytes(there)
    assert run.status == 0, run.output
    assert sum(run.changed.values()) == 1, run.output
    assert all_shown(fleet) == all_kept(fleet)


# A deploy that changes nothing is shown elsewhere; this one costs as much.
@soak
def test_a_deploy_after_renewals_changes_nothing(fleet: Fleet) -> None:
    before = fleet.all_containers()
    run = fleet.playbook("deploy")
    assert run.status == 0, run.output
    assert not any(run.changed.values()), run.output
    assert fleet.all_containers() == before
