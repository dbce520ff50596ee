"""Role postgres alone, with its data in a folder of the host."""

import json
import shlex

from fleet import Fleet


def value(fleet: Fleet, host: str, statement: str) -> str:
    command = ["docker", "exec", "postgres", "psql", "--tuples-only", "--no-align", "--dbname=jobfolio", "--command"]
    return fleet.run(host, shlex.join([*command, statement])).strip()


def cluster(fleet: Fleet, host: str) -> str:
    return value(fleet, host, "SELECT system_identifier FROM pg_control_system()")


def test_the_host_runs_debian_12(fleet: Fleet, db: str) -> None:
    assert fleet.on(db).system_info.release.startswith("12")


def test_the_data_lie_in_the_declared_folder_that_only_postgres_enters(fleet: Fleet, db: str) -> None:
    folder = fleet.on(db).file("/srv/postgres")
    assert (folder.uid, folder.mode) == (999, 0o700)
    mounts = json.loads(fleet.run(db, "docker inspect postgres --format '{{json .Mounts}}'"))
    assert "/srv/postgres" in {mount["Source"] for mount in mounts if mount["RW"]}


def test_the_cluster_outlives_its_container(fleet: Fleet, db: str) -> None:
    before = cluster(fleet, db)
    value(fleet, db, "CREATE TABLE IF NOT EXISTS kept (id int)")
    container = fleet.containers(db)["postgres"]

    fleet.run(db, "docker rm --force postgres")
    run = fleet.playbook("../molecule/postgres/converge", "--limit", "db")

    assert run.status == 0, run.output
    assert fleet.containers(db)["postgres"] != container
    assert cluster(fleet, db) == before
    assert value(fleet, db, "SELECT to_regclass('kept')") == "kept"


def test_a_folder_that_lost_its_cluster_is_refused_and_not_filled_anew(fleet: Fleet, db: str) -> None:
    fleet.run(db, "docker stop postgres && mv /srv/postgres /srv/elsewhere && mkdir -m 0700 /srv/postgres")
    try:
        run = fleet.playbook("../molecule/postgres/converge", "--limit", "db")
        assert run.status != 0
        assert "holds no PostgreSQL cluster, but this host ran cluster" in " ".join(run.output.split())
        assert fleet.run(db, "ls -A /srv/postgres") == ""
    finally:
        fleet.run(db, "rmdir /srv/postgres && mv /srv/elsewhere /srv/postgres && docker start postgres")
