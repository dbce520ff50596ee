"""Secrets change while people work: nobody is refused or logged out, and afterwards what is old opens nothing."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import traffic
from database import from_backend
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from fleet import variables
from marks import soak
from postgres.scram import matches
from state import at_rest, put_right, wait_until_up
from traffic import load

if TYPE_CHECKING:
    from fleet import Fleet
    from traffic import Visit

PASSWORDS = {
    "postgres_superuser_password": "postgres_superuser",
    "postgres_owner_password": "postgres_owner",
    "postgres_app_password": "postgres_app",
    "postgres_monitor_password": "postgres_monitor",
    "verification_password": "verification",
}
REFUSED = "password authentication failed"


def old(fleet: Fleet) -> dict[str, str]:
    """The fleet's own secrets, those of sessions among them."""
    files = PASSWORDS | {"backend_secret_key": "backend_secret_key"}
    return {name: (fleet.state / "secrets" / file).read_text().strip() for name, file in files.items()}


@pytest.fixture(scope="module")
def new() -> dict[str, str]:
    return {name: secrets.token_hex(20) for name in (*PASSWORDS, "backend_secret_key")}


def above(first: dict[str, str], second: dict[str, str]) -> dict[str, str]:
    """What the vault holds while sessions live that the second key has signed."""
    return first | {"backend_secret_key": f"{first['backend_secret_key']}\n{second['backend_secret_key']}"}


def opens(fleet: Fleet, held: dict[str, str]) -> dict[str, bool]:
    """Whether each role's password opens the database; of the superuser, whom no network lets in, whether it is his."""
    stored = fleet.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'")
    found = {"superuser": matches(held["postgres_superuser_password"], stored)}
    for role in ("app", "owner", "monitor"):
        answer = from_backend(fleet, user=f"jobfolio_{role}", password=held[f"postgres_{role}_password"])
        assert answer == [[1]] or REFUSED in answer, answer
        found[role] = answer == [[1]]
    return found


def signed_in(fleet: Fleet, cookie: str) -> bool:
    """Whether a cookie says who the person is."""
    connection = traffic.connect(fleet)
    connection.request("GET", "/api/v1/profile", headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status in {200, 401}
    return answer.status == 200


def test_a_deploy_does_not_change_a_secret_under_those_who_use_it(fleet: Fleet, new: dict[str, str]) -> None:
    before, lease = fleet.all_containers(), fleet.journal()[-1]
    run = fleet.playbook("deploy", *variables(**new))
    assert run.status != 0
    assert "serves with another postgres_app_password and backend_secret_key than is given" in run.words
    assert "playbooks/rotate_secrets.yml" in run.words
    assert (fleet.all_containers(), fleet.journal()[-1]) == (before, lease)


def test_a_key_without_the_one_that_signs_is_refused(fleet: Fleet, new: dict[str, str]) -> None:
    lease = fleet.journal()[-1]
    run = fleet.playbook("rotate_secrets", *variables(**new))
    assert run.status != 0
    assert "everybody would be logged out" in run.words
    assert fleet.journal()[-1] == lease


def test_a_password_that_only_the_database_knows_loses_requests(fleet: Fleet, visit: Visit) -> None:
    """So the load would notice."""
    verifier = fleet.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'jobfolio_app'")
    asked = replace(visit, slow=[])
    try:
        with load(fleet, asked) as running:
            fleet.query(
                "ALTER ROLE jobfolio_app PASSWORD 'nobody knows'; "
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'jobfolio_app'"
            )
            time.sleep(2)
    finally:
        fleet.query(f"ALTER ROLE jobfolio_app PASSWORD '{verifier}'")
    assert running.report.lost > 0
    traffic.wait_until_served(fleet)


def test_every_secret_is_rotated_and_nobody_is_refused_even_if_the_run_was_killed(
    fleet: Fleet, visit: Visit, new: dict[str, str]
) -> None:
    before = fleet.backends()
    given = variables(**above(new, old(fleet)))
    with load(fleet, visit) as running:
        # The database has its new password, and no backend has nothing but that.
        fleet.interrupt("rotate_secrets", "container : Write the files that the description lists", *given)
        assert opens(fleet, new)["app"]
        run = fleet.playbook("rotate_secrets", *given)
        assert run.status == 0, run.output
    assert running.report.failures == []
    assert set(opens(fleet, new).values()) == {True}
    assert set(opens(fleet, old(fleet)).values()) == {False}
    assert fleet.journal()[-1]["event"] == "done: rotation of secrets"
    assert not {secret for held in (new, old(fleet)) for secret in held.values()} & set(run.output.split())
    # A connection that the old password has opened is gone with its backend.
    after = fleet.backends()
    assert all(not set(after[host].values()) & set(before[host].values()) for host in before)
    put_right(fleet)
    at_rest(fleet)


def test_a_second_rotation_changes_nothing(fleet: Fleet, new: dict[str, str]) -> None:
    before = fleet.all_containers()
    run = fleet.playbook("rotate_secrets", *variables(**above(new, old(fleet))))
    assert run.status == 0, run.output
    assert not any(run.changed.values()), run.output
    assert fleet.all_containers() == before


def signed(fleet: Fleet, visit: Visit, key: str) -> str:
    """A cookie of the visit's session that another key has signed."""
    version = fleet.query(f"SELECT session_version FROM auth_users WHERE id = {visit.accounts[0]}")  # noqa: S608  a number that the application gave
    app = Flask(__name__)
    app.secret_key = key
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    said = serializer.dumps({"_permanent": True, "user_id": visit.accounts[0], "session_version": int(version)})
    return f"__Host-jobfolio={said}"


def test_a_key_that_somebody_has_seen_is_taken_away_at_once(fleet: Fleet, visit: Visit, new: dict[str, str]) -> None:
    cookie = signed(fleet, visit, new["backend_secret_key"])
    assert signed_in(fleet, cookie)
    run = fleet.playbook("rotate_secrets", *variables(**old(fleet), backend_log_out=True))
    assert run.status == 0, run.output
    assert not signed_in(fleet, cookie)
    assert signed_in(fleet, signed(fleet, visit, old(fleet)["backend_secret_key"]))
    assert set(opens(fleet, old(fleet)).values()) == {True}
    assert set(opens(fleet, new).values()) == {False}
    lines = fleet.run(fleet.hosts("backend")[0], "cat /etc/jobfolio/backend/secrets/secret_key").splitlines()
    assert lines == [old(fleet)["backend_secret_key"]]


@soak
@pytest.mark.parametrize(
    ("group", "task"),
    [
        ("db", "postgres : Write the configuration and the secrets"),
        ("db", "postgres : Keep roles, database and privileges, and reload a changed configuration"),
        ("backend", "backend : Have the backends accept what is given, beside what is in use"),
        ("backend", "container : Write the files that the description lists"),
    ],
)
def test_a_host_that_lost_power_knows_the_secrets_that_hold_and_the_same_command_goes_on(
    fleet: Fleet, visit: Visit, new: dict[str, str], group: str, task: str
) -> None:
    host = fleet.hosts(group)[0]
    cookie = signed(fleet, visit, old(fleet)["backend_secret_key"])
    given = variables(**above(new, old(fleet)))
    # It fails, but for where the host had just done its part.
    fleet.disturb("rotate_secrets", task, lambda: fleet.cut_power(host), *given)
    fleet.wait_for(host)
    # Whichever passwords the database has come to, every backend opens it.
    traffic.wait_until_served(fleet)
    for backend in fleet.hosts("backend"):
        wait_until_up(fleet, backend)
    assert signed_in(fleet, cookie)
    run = fleet.playbook("rotate_secrets", *given)
    assert run.status == 0, run.output
    assert signed_in(fleet, cookie)
    assert set(opens(fleet, new).values()) == {True}
    assert set(opens(fleet, old(fleet)).values()) == {False}
    put_right(fleet)
    at_rest(fleet)
    run = fleet.playbook("rotate_secrets", *variables(**old(fleet), backend_log_out=True))
    assert run.status == 0, run.output
