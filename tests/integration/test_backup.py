"""Nothing that the database has acknowledged is lost, whatever becomes of its process, its data or its host."""

from __future__ import annotations

import json
import os
import shlex
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import releases
from database import archived, info
from fleet import variables
from ledger import Ledger
from state import at_rest, put_right

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet import Fleet, PlaybookRun

# How often PostgreSQL is killed.
KILLS = int(os.environ.get("POSTGRES_KILLS", "2"))
DRILL = "/usr/local/lib/jobfolio/restore_drill.py"
SETTINGS = "/etc/jobfolio/backup/drill.json"
DATA = "jobfolio-postgres"
# For how long rows are written before the host is lost, and what that may cost.
LEDGER_SECONDS = int(os.environ.get("LEDGER_SECONDS", "45"))
MOST_LOST_SECONDS = 60


def keeper(fleet: Fleet) -> str:
    return fleet.hosts("build")[0]


def drill(fleet: Fleet, **settings: object) -> dict[str, Any]:
    """Run a drill on its host, with other settings where some are given; return what it found."""
    changed = json.loads(fleet.run(keeper(fleet), f"cat {SETTINGS}")) | settings
    fleet.run(keeper(fleet), f"echo {shlex.quote(json.dumps(changed))} >/tmp/drill.json")
    ran = fleet.on(keeper(fleet)).run(f"{DRILL} /tmp/drill.json")
    found: dict[str, Any] = json.loads(ran.stdout)
    assert ran.rc == (1 if found["problems"] else 0), ran.stderr
    return found


def restore(fleet: Fleet, target: str, **given: object) -> PlaybookRun:
    return fleet.playbook("restore", *variables(restore_to=target, restore_replaces=DATA, **given))


def remove_what_was_set_aside(fleet: Fleet) -> int:
    """Remove it, and return how many clusters that were."""
    (host,) = fleet.hosts("db")
    place = fleet.run(host, f"docker volume inspect --format '{{{{.Mountpoint}}}}' {DATA}").strip()
    found = fleet.run(host, f"ls -d {place}/cluster.before-* 2>/dev/null || true").split()
    fleet.run(host, f"rm -rf {place}/cluster.before-*")
    return len(found)


@pytest.fixture(scope="module", autouse=True)
def backed_up(fleet: Fleet) -> None:
    """A full backup, and a row all the time: the deployment began with the first."""
    end = time.monotonic() + 300
    while not info(fleet)["backup"]:
        assert time.monotonic() < end, "the deployment's own backup has not come to an end"
        time.sleep(1)
    fleet.run(fleet.hosts("db")[0], "systemctl start jobfolio-backup-heartbeat.service")


def test_a_deployment_begins_with_a_backup_and_archives_every_minute(fleet: Fleet) -> None:
    found = info(fleet)
    assert found["backup"][0]["type"] == "full"
    assert found["cipher"] == "aes-256-cbc"
    assert str(found["db"][-1]["system-id"]) == fleet.query("SELECT system_identifier FROM pg_control_system()")
    timers = " ".join(f"jobfolio-backup-{kind}.timer" for kind in ("full", "diff", "incr", "drill"))
    assert set(fleet.run(keeper(fleet), f"systemctl is-active {timers}").split()) == {"active"}
    assert fleet.query("SHOW archive_timeout") == "1min"


def test_a_repository_that_was_stolen_shows_no_row(fleet: Fleet) -> None:
    shown = "SELECT version_num FROM alembic_version"
    (revision,) = fleet.query(shown).split()
    look = f"docker exec backup grep --recursive --files-with-matches --text {revision} /var/lib/pgbackrest || true"
    assert fleet.run(keeper(fleet), look) == ""
    # It would show in a file that is not encrypted.
    (host,) = fleet.hosts("db")
    fleet.query("CHECKPOINT")
    cluster = "/var/lib/postgresql/cluster/base"
    assert fleet.run(host, f"docker exec postgres grep --recursive --files-with-matches --text {revision} {cluster}")


def test_a_backup_by_hand_is_told_and_written_down(fleet: Fleet) -> None:
    before = {one["label"] for one in info(fleet)["backup"]}
    run = fleet.playbook("backup", *variables(backup_kind="incr"))
    assert run.status == 0, run.output
    (label,) = {one["label"] for one in info(fleet)["backup"]} - before
    assert label in run.output
    assert fleet.journal()[-1]["event"] == f"backup {label}"


def test_a_drill_passes_and_says_how_long_it_took_and_is_written_down(fleet: Fleet) -> None:
    archived(fleet)
    run = fleet.playbook("restore_drill")
    assert run.status == 0, run.output
    entry = fleet.journal()[-1]
    assert entry["event"] == "restore drill passed"
    found = entry["details"]
    # At the time that it chose, which may be before an upgrade.
    assert found["report"]["revision"] in {releases.BASE, releases.EXPANDED, releases.CONTRACTED}
    assert found["report"]["system_identifier"] == fleet.query("SELECT system_identifier FROM pg_control_system()")
    assert found["report"]["rows"]["auth_users"] > 0
    print(f"\ndrill: {found['seconds']:.1f} s, {found['steps']}, archive {found['archive_age']:.0f} s old")


def test_what_the_timers_start_makes_a_backup_and_drills(fleet: Fleet) -> None:
    kept = "tail -n 1 /var/lib/jobfolio/backup/drills.jsonl"
    before, drilled = info(fleet)["backup"], json.loads(fleet.run(keeper(fleet), kept))
    for kind in ("incr", "drill"):
        unit = f"$(systemctl show --property=Unit --value jobfolio-backup-{kind}.timer)"
        fleet.run(keeper(fleet), f"systemctl start {unit}")
    assert [one["type"] for one in info(fleet)["backup"]] == [one["type"] for one in before] + ["incr"]
    found = json.loads(fleet.run(keeper(fleet), kept))
    assert found["at"] > drilled["at"]
    assert found["problems"] == []


def test_a_drill_finds_a_stale_backup_and_a_database_without_the_application(fleet: Fleet) -> None:
    found = drill(fleet, fresh_hours=0, database="postgres")
    assert any("the newest backup is" in problem for problem in found["problems"])
    assert "it has no schema of the application" in found["problems"]


def drillable(fleet: Fleet) -> dict[str, Any]:
    """Wait until a drill has a time to choose; return what the repository holds then."""
    slack = json.loads(fleet.run(keeper(fleet), f"cat {SETTINGS}"))["archive_timeout"] * 2 + 30
    found = info(fleet)["backup"]
    # After a restore what came before is of another line of history.
    line = [one for one in found if one["archive"]["stop"][:8] == found[-1]["archive"]["stop"][:8]]
    time.sleep(max(0.0, line[0]["timestamp"]["stop"] + 3 * slack - time.time()))
    archived(fleet)
    return info(fleet)


GONE = 'mv "$path" "$path.planted"'
CUT_OFF = 'cp -a "$path" "$path.planted"; truncate --size=-100 "$path"'


@contextmanager
def broken_log_after_any_backup(fleet: Fleet, harm: str) -> Iterator[None]:
    """Do harm to the first piece of the log after each backup: no later time is reached, whichever one begins with."""
    stops = [one["archive"]["stop"] for one in drillable(fleet)["backup"]]
    listed = fleet.run(
        keeper(fleet), "docker exec backup find /var/lib/pgbackrest/archive -type f -name '0*-*'"
    ).split()
    pieces = sorted((path.rpartition("/")[2], path) for path in listed)
    first = {next((path for name, path in pieces if name[:24] > stop), "") for stop in stops} - {""}
    assert first

    def each(command: str) -> None:
        words = ["docker", "exec", "backup", "sh", "-euc", f"for path; do {command}; done", "sh", *first]
        fleet.run(keeper(fleet), shlex.join(words))

    each(harm)
    try:
        yield
    finally:
        each('mv "$path.planted" "$path"')


@pytest.mark.parametrize("harm", [GONE, CUT_OFF], ids=["gone", "cut off"])
def test_a_drill_finds_a_piece_of_the_log_that_is_not_whole(fleet: Fleet, harm: str) -> None:
    with broken_log_after_any_backup(fleet, harm):
        found = drill(fleet)
    assert found["target"], found
    assert [problem.partition(":")[0] for problem in found["problems"]] == ["step recover failed"], found


@contextmanager
def corrupt_page(fleet: Fleet) -> Iterator[None]:
    """A table of which a page on the disk is not what was written."""
    (host,) = fleet.hosts("db")
    # Autovacuum would mark what it read in memory, and the next checkpoint would write the page as it was.
    alone = "autovacuum_enabled = off"
    fleet.query(f"CREATE TABLE operations.planted WITH ({alone}) AS SELECT generate_series(1, 1000) AS n")
    fleet.query("CHECKPOINT")
    path = fleet.query("SELECT pg_relation_filepath('operations.planted')")
    write = f"printf planted | dd of=/var/lib/postgresql/cluster/{path} bs=1 seek=4000 conv=notrunc status=none"
    fleet.run(host, f"docker exec --user=postgres postgres sh -c {shlex.quote(write)}")
    try:
        yield
    finally:
        fleet.query("DROP TABLE operations.planted")
        fleet.query("CHECKPOINT")


def test_a_drill_finds_a_corrupt_page_and_passes_once_it_is_gone(fleet: Fleet) -> None:
    with corrupt_page(fleet):
        fleet.run(keeper(fleet), "/usr/local/lib/jobfolio/backup incr")
        archived(fleet)
        found = drill(fleet)
    assert any("holds pages whose checksums are wrong" in problem for problem in found["problems"]), found
    fleet.run(keeper(fleet), "/usr/local/lib/jobfolio/backup incr")
    archived(fleet)
    assert drill(fleet)["problems"] == []


def test_a_killed_postgresql_loses_nothing_that_it_acknowledged(fleet: Fleet) -> None:
    (host,) = fleet.hosts("db")
    with Ledger(fleet) as ledger:
        for number in range(KILLS):
            ledger.wait_for(100)
            # The engine waits twice as long before each start, until one has lasted for ten seconds.
            time.sleep(11 if number % 5 == 4 else 0)
            fleet.run(host, "kill -9 $(docker inspect --format '{{.State.Pid}}' postgres)")
        ledger.wait_for(100)
        ledger.pause()
        assert ledger.failures >= KILLS
        assert ledger.acknowledged.keys() - ledger.stored() == set()
    print(f"\n{KILLS} kills, {len(ledger.acknowledged)} rows acknowledged")


def recovered(fleet: Fleet) -> None:
    """Wait until PostgreSQL writes again."""
    (host,) = fleet.hosts("db")
    ask = "docker exec --user=postgres postgres psql -Atc 'SELECT pg_is_in_recovery()'"
    end = time.monotonic() + 120
    while fleet.on(host).run(ask).stdout.strip() != "f":
        assert time.monotonic() < end, "PostgreSQL has not recovered"
        time.sleep(0.5)


def test_a_restore_to_a_time_has_exactly_what_was_acknowledged_until_then_even_if_it_was_killed_before(
    fleet: Fleet,
) -> None:
    remove_what_was_set_aside(fleet)
    with Ledger(fleet) as ledger:
        ledger.wait_for(200)
        ledger.pause()
        until, kept = time.time() + 1, set(ledger.acknowledged)
        time.sleep(2)
        ledger.resume()
        ledger.wait_for(200)
        ledger.pause()
        assert ledger.stored() > kept
        target = datetime.fromtimestamp(until, UTC).isoformat()
        killed = variables(restore_to=target, restore_replaces=DATA)
        fleet.interrupt("restore", "restore : Wait until it has recovered", *killed)
        # PostgreSQL has begun a new line of history meanwhile, on which that time never was.
        recovered(fleet)
        archived(fleet)
        run = restore(fleet, target)
        assert run.status == 0, run.output
        assert ledger.stored() == kept
    put_right(fleet)
    at_rest(fleet)
    done = fleet.journal()[-1]
    assert done["event"].startswith("done: restore to ")
    assert done["details"]["holds"]["heartbeat"]["broken"] == 0
    # Nothing was thrown away: neither the former database, nor what the run that was killed had put in its place.
    assert remove_what_was_set_aside(fleet) == 2


def test_a_restore_to_what_is_not_there_ends_with_the_database_that_was(fleet: Fleet) -> None:
    remove_what_was_set_aside(fleet)
    with Ledger(fleet) as ledger:
        ledger.wait_for(50)
        ledger.pause()
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        run = restore(fleet, f"upgrade-9.9.9-{now}")
        assert run.status != 0
        assert "recovery ended before configured recovery target was reached" in run.words
        assert "the fleet runs the one that it had" in run.words
        assert ledger.stored() == set(ledger.acknowledged)
    assert remove_what_was_set_aside(fleet) == 0
    put_right(fleet)
    at_rest(fleet)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, f"if that is meant, say -e restore_replaces={DATA}"),
        ({"restore_replaces": DATA, "restore_to": "2020-01-01T00:00:00Z"}, "the oldest backup ended after that"),
    ],
)
def test_what_was_not_meant_or_cannot_be_is_refused_before_anything_is_touched(
    fleet: Fleet, given: dict[str, object], said: str
) -> None:
    before = fleet.all_containers()
    run = fleet.playbook("restore", *variables(**given))
    assert run.status != 0
    assert said in run.words
    assert fleet.all_containers() == before


def test_after_the_loss_of_the_database_and_its_host_all_but_the_last_minute_is_back(fleet: Fleet) -> None:
    (host,) = fleet.hosts("db")
    cluster = fleet.query("SELECT system_identifier FROM pg_control_system()")
    with Ledger(fleet) as ledger:
        # Long enough for the first rows to be in the repository; the last ones are not.
        end = time.monotonic() + LEDGER_SECONDS
        while time.monotonic() < end:
            ledger.wait_for(100)
        lost_at = time.time()
        fleet.run(
            host,
            "docker kill postgres backup; docker rm postgres backup; "
            f"docker volume rm {DATA} jobfolio-postgres-socket; rm -rf /etc/jobfolio /var/lib/jobfolio",
        )
        ledger.pause()

    empty = fleet.playbook("deploy")
    assert empty.status != 0
    assert f"keeps backups of cluster {cluster}" in empty.words

    run = restore(fleet, "latest")
    assert run.status == 0, run.output
    again = fleet.playbook("deploy")
    assert again.status == 0, again.output
    assert fleet.query("SELECT system_identifier FROM pg_control_system()") == cluster
    stored = ledger.stored()
    gone = {number: at for number, at in ledger.acknowledged.items() if number not in stored}
    oldest = lost_at - min(gone.values(), default=lost_at)
    print(
        f"\n{len(ledger.acknowledged)} rows acknowledged, {len(gone)} lost, the oldest {oldest:.1f} s before the loss"
    )
    assert oldest <= MOST_LOST_SECONDS
    assert stored
    assert stored <= set(ledger.acknowledged) | {max(ledger.acknowledged) + 1}
    put_right(fleet)
    remove_what_was_set_aside(fleet)
