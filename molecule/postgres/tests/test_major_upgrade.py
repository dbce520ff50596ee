"""A major upgrade of PostgreSQL: what stands in its way is found before, nothing is lost, and there is a way back.

It comes before test_s3.py, after which PostgreSQL waits for a bucket that is gone.
"""

from __future__ import annotations

import json
import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

from backup.info import read
from fleet import Fleet, variables
from ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet import PlaybookRun

DATA = "/srv/postgres"
UPGRADE = ("--limit", "db,build", *variables(release="1.1.0", postgres_version=17, postgres_data_dir=DATA))
# Of extensions, this one is in version 15, and not in 17 any more.
GONE = "old_snapshot"


def upgrade(fleet: Fleet, **given: object) -> PlaybookRun:
    return fleet.playbook("upgrade_postgres", *UPGRADE, *variables(**given))


def version(fleet: Fleet) -> int:
    return int(fleet.query("SHOW server_version_num")) // 10000


def inside(fleet: Fleet, db: str, command: str) -> str:
    return fleet.run(db, f"docker exec --user=postgres postgres sh -c {shlex.quote(command)}")


def containers(fleet: Fleet) -> dict[str, dict[str, str]]:
    return {host: fleet.containers(host) for group in ("db", "build") for host in fleet.hosts(group)}


def sql(fleet: Fleet, *statements: str) -> None:
    for statement in statements:
        fleet.query(statement)


def restart(fleet: Fleet, db: str) -> None:
    ready = "until docker exec postgres pg_isready --quiet --host=127.0.0.1; do sleep 0.2; done"
    fleet.run(db, f"docker restart postgres && timeout 60 sh -c {shlex.quote(ready)}")


@contextmanager
def obstacles(fleet: Fleet, db: str) -> Iterator[None]:
    """A cluster with much of what keeps from an upgrade."""
    sql(fleet, "ALTER SYSTEM SET max_prepared_transactions = 5", "ALTER SYSTEM SET wal_level = logical")
    restart(fleet, db)
    inside(fleet, db, "mkdir -p /tmp/planted")
    sql(
        fleet,
        "CREATE TABLE planted (n int, f regproc)",
        "INSERT INTO planted VALUES (1), (1)",
        "SELECT pg_create_logical_replication_slot('reader', 'pgoutput')",
        "CREATE SUBSCRIPTION follower CONNECTION 'dbname=nowhere' PUBLICATION nothing WITH (connect = false)",
        "CREATE TABLESPACE elsewhere LOCATION '/tmp/planted'",
        "CREATE DATABASE shut ALLOW_CONNECTIONS false",
        f"CREATE EXTENSION {GONE}",
        "CREATE COLLATION german (provider = icu, locale = 'de-DE')",
        "UPDATE pg_collation SET collversion = '1' WHERE collname = 'german'",
    )
    # Two rows are equal, so that it fails half way.
    inside(fleet, db, "psql -d jobfolio -c 'CREATE UNIQUE INDEX CONCURRENTLY half ON planted (n)' || true")
    # The others would wait for it.
    sql(fleet, "BEGIN; CREATE TABLE promised (n int); PREPARE TRANSACTION 'promise'")
    try:
        yield
    finally:
        sql(
            fleet,
            "ROLLBACK PREPARED 'promise'",
            "DROP TABLE planted",
            "SELECT pg_drop_replication_slot('reader')",
            "ALTER SUBSCRIPTION follower SET (slot_name = NONE)",
            "DROP SUBSCRIPTION follower",
            "DROP TABLESPACE elsewhere",
            "DROP DATABASE shut",
            f"DROP EXTENSION {GONE}",
            "DROP COLLATION german",
            "ALTER SYSTEM RESET ALL",
        )
        restart(fleet, db)


def backups_are_of(fleet: Fleet, version: str) -> None:
    """The newest backup is one of the cluster that serves, and a drill restores that."""
    (keeper,) = fleet.hosts("build")
    state = read(fleet.run(keeper, "docker exec backup pgbackrest --stanza=jobfolio --output=json info"))
    assert state.last
    assert (state.version, state.last.version, state.last.current) == (version, version, True)
    fleet.query("SELECT pg_switch_wal()")
    drill = fleet.on(keeper).run("/usr/local/lib/jobfolio/restore_drill.py /etc/jobfolio/backup/drill.json")
    # It has no schema of the application.
    assert json.loads(drill.stdout)["report"].get("system_identifier") == state.system_identifier, drill.stdout


def test_the_fleet_begins_with_the_version_before(fleet: Fleet) -> None:
    assert version(fleet) == 15


def test_ten_obstacles_are_found_before_anything_is_touched(fleet: Fleet, db: str) -> None:
    with obstacles(fleet, db):
        before, cluster = containers(fleet), inside(fleet, db, "ls -d /var/lib/postgresql/*")
        run = upgrade(fleet)
        assert run.status != 0
        for said in (
            "Prepared transactions wait for their end: promise",
            "Logical replication slots would be lost: reader",
            "Subscriptions would lose their place: follower",
            "Tablespaces lie outside of /srv/postgres: elsewhere",
            "Databases let nobody in, so that they cannot be upgraded: shut",
            "Indexes of jobfolio are invalid: half",
            "types that an upgrade cannot carry over: planted.f (regproc)",
            f"lacks extensions of jobfolio: {GONE}",
            f"call libraries that the release's image lacks: {GONE}",
            "sorted otherwise than when its indexes were made: german",
        ):
            assert said in run.words
        assert containers(fleet) == before
        assert inside(fleet, db, "ls -d /var/lib/postgresql/*") == cluster


def test_a_release_of_another_version_is_refused_by_a_deploy(fleet: Fleet) -> None:
    run = fleet.playbook("../molecule/postgres/converge", "--limit", "db,build", *variables(release="1.1.0"))
    assert run.status != 0
    assert "holds a cluster of PostgreSQL 15, but this release runs 17; run playbooks/upgrade_postgres.yml" in run.words


def test_what_only_a_rehearsal_finds_leaves_what_serves_alone(fleet: Fleet, db: str) -> None:
    # A setting that the new version does not know: its server does not start.
    sql(fleet, "ALTER SYSTEM SET old_snapshot_threshold = '1h'")
    before = fleet.containers(db)
    try:
        run = upgrade(fleet)
        assert run.status != 0
        assert "The rehearsal of the upgrade failed, and nothing was touched" in run.words
        assert 'unrecognized configuration parameter "old_snapshot_threshold"' in run.words
        assert fleet.containers(db) == before
    finally:
        sql(fleet, "ALTER SYSTEM RESET ALL")


def test_a_new_server_that_does_not_start_leaves_the_former_one_serving(fleet: Fleet, db: str) -> None:
    planted = "/etc/jobfolio/postgres/conf/conf.d/planted.conf"
    fleet.run(db, f"echo \"old_snapshot_threshold = '1h'\" >{planted}; chmod 0644 {planted}")
    try:
        run = upgrade(fleet)
        assert run.status != 0
        assert "PostgreSQL was not upgraded, and the fleet runs 15 with the cluster that it had" in run.words
        assert version(fleet) == 15
        assert inside(fleet, db, "ls /var/lib/postgresql") == "cluster"
    finally:
        fleet.run(db, f"rm {planted}")


def test_nothing_that_was_acknowledged_is_lost_by_an_upgrade_even_if_it_was_killed_twice(fleet: Fleet, db: str) -> None:
    """And its way back has the rows of before."""
    with Ledger(fleet) as ledger:
        ledger.wait_for(100)
        first = set(ledger.acknowledged)
        # What it started upgrades the cluster all the same.
        fleet.interrupt("upgrade_postgres", "container : Start the container", *UPGRADE)
        fleet.interrupt("upgrade_postgres", "backup : Have the repositories know the cluster that runs now", *UPGRADE)
        run = upgrade(fleet)
        assert run.status == 0, run.output
        assert version(fleet) == 17
        before = set(ledger.acknowledged)
        ledger.wait_for(100)
        ledger.pause()
        assert ledger.stored() >= set(ledger.acknowledged)
        assert ledger.failures > 0

        again = upgrade(fleet)
        assert (again.status, set(again.changed.values())) == (0, {0}), again.output
        running = containers(fleet)
        deployed = fleet.playbook("../molecule/postgres/converge", "--limit", "db,build", *variables(release="1.1.0"))
        assert (deployed.status, set(deployed.changed.values())) == (0, {0}), deployed.output
        assert containers(fleet) == running
        backups_are_of(fleet, "17")

        unsaid = upgrade(fleet, postgres_upgrade_way="back")
        assert unsaid.status != 0
        assert f"if that is meant, say -e postgres_upgrade_gives_up={DATA}" in unsaid.words
        assert version(fleet) == 17

        given = variables(postgres_upgrade_way="back", postgres_upgrade_gives_up=DATA)
        fleet.interrupt("upgrade_postgres", "postgres_upgrade : Have the former container again", *UPGRADE, *given)
        back = upgrade(fleet, postgres_upgrade_way="back", postgres_upgrade_gives_up=DATA)
        assert back.status == 0, back.output
        assert version(fleet) == 15
        assert first <= ledger.stored() <= before
    backups_are_of(fleet, "15")
    clean = upgrade(fleet, postgres_upgrade_way="clean")
    assert clean.status == 0, clean.output
    assert inside(fleet, db, "ls /var/lib/postgresql") == "cluster"
    assert "postgres-" not in fleet.run(db, "docker ps --all --format '{{.Names}}'")
