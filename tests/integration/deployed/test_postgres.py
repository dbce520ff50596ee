"""The database as its clients and an intruder meet it: over the network, from the backend's own container."""

import json
import shlex

import pytest
from database import from_backend
from fleet import Fleet


def as_superuser(fleet: Fleet, statement: str) -> str:
    """Value that a statement gives the superuser, who comes in through the container's socket only."""
    command = ["docker", "exec", "postgres", "psql", "--tuples-only", "--no-align", "--dbname=jobfolio", "--command"]
    return fleet.run(fleet.hosts("db")[0], shlex.join([*command, statement])).strip()


def test_a_backend_comes_in_with_tls_that_it_verifies(fleet: Fleet) -> None:
    rows = from_backend(fleet, "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    assert rows in ([[True, "TLSv1.3"]], [[True, "TLSv1.2"]])


def test_nobody_comes_in_without_tls(fleet: Fleet) -> None:
    assert "no pg_hba.conf entry" in from_backend(fleet, sslmode="disable")


def test_nobody_comes_in_with_a_wrong_password(fleet: Fleet) -> None:
    assert "password authentication failed" in from_backend(fleet, password="not the one")


def test_the_superuser_does_not_come_in_over_the_network(fleet: Fleet) -> None:
    assert "no pg_hba.conf entry" in from_backend(fleet, user="postgres")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE intruder (id int)",
        "DROP TABLE auth_users",
        "ALTER TABLE auth_users ADD COLUMN intruder int",
        "TRUNCATE auth_users CASCADE",
        "CREATE SCHEMA intruder",
    ],
)
def test_the_application_cannot_change_the_schema(fleet: Fleet, statement: str) -> None:
    answer = from_backend(fleet, statement)
    assert "permission denied" in answer or "must be owner" in answer


def test_the_application_reads_and_writes_rows(fleet: Fleet) -> None:
    delete = "DELETE FROM auth_users WHERE email = 'row-test@example.org' RETURNING email"
    from_backend(fleet, delete)
    values = "VALUES ('row-test@example.org', '$argon2id$none')"
    insert = f"INSERT INTO auth_users (email, password_hash) {values} RETURNING email"
    assert from_backend(fleet, insert) == [["row-test@example.org"]]
    update = "UPDATE auth_users SET is_active = false WHERE email = 'row-test@example.org' RETURNING is_active"
    assert from_backend(fleet, update) == [[False]]
    assert from_backend(fleet, delete) == [["row-test@example.org"]]


def test_the_cluster_has_checksums_and_stores_no_plain_password(fleet: Fleet) -> None:
    assert as_superuser(fleet, "SHOW data_checksums") == "on"
    kinds = as_superuser(fleet, "SELECT DISTINCT split_part(rolpassword, '$', 1) FROM pg_authid WHERE rolcanlogin")
    assert kinds == "SCRAM-SHA-256"


def test_the_data_lie_in_the_named_volume(fleet: Fleet) -> None:
    inspected = fleet.run(fleet.hosts("db")[0], "docker inspect postgres --format '{{json .Mounts}}'")
    volumes = {mount["Name"]: mount["Destination"] for mount in json.loads(inspected) if mount["Type"] == "volume"}
    assert as_superuser(fleet, "SHOW data_directory").startswith(volumes["jobfolio-postgres"])


def test_a_setting_that_needs_no_restart_keeps_the_server_and_its_connections(fleet: Fleet) -> None:
    started = as_superuser(fleet, "SELECT pg_postmaster_start_time()")
    before = fleet.all_containers()

    edited = fleet.playbook("deploy", "--limit", "db", "--extra-vars", '{"postgres_settings": {"work_mem": "5MB"}}')
    assert edited.status == 0, edited.output
    assert as_superuser(fleet, "SHOW work_mem") == "5MB"
    restored = fleet.playbook("deploy", "--limit", "db")
    assert restored.status == 0, restored.output

    assert as_superuser(fleet, "SHOW work_mem") != "5MB"
    assert as_superuser(fleet, "SELECT pg_postmaster_start_time()") == started
    assert fleet.all_containers() == before
