"""A repository that is away, full or damaged, and a full disk: nothing acknowledged is lost, and people are told."""

from __future__ import annotations

import os
import shlex
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import releases
import traffic
from database import archived
from fleet import variables
from ledger import Ledger
from marks import soak
from state import at_rest, put_right

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet import Fleet
    from traffic import Visit

pytestmark = soak

NOT_ARCHIVED = "The log of changes is not archived"
# What a small disk has beside what it held.
ROOM_MIB = 40


def until(fleet: Fleet, statement: str) -> None:
    """Wait until the database says that it is so."""
    # What goes to the repository when the way there ends is given up after three waits of a minute.
    end = time.monotonic() + 300
    while fleet.query(statement) != "t":
        assert time.monotonic() < end, statement
        time.sleep(0.5)


def remarks(fleet: Fleet) -> str:
    run = fleet.playbook("status")
    assert run.status == 0, run.output
    return run.words


@contextmanager
def no_way_to_the_repository(fleet: Fleet) -> Iterator[None]:
    """Have the database's host, and its containers, without a way to the host with the repository."""
    (host,) = fleet.hosts("db")
    address = fleet.address(fleet.hosts("build")[0])
    fleet.run(host, f"ip route add unreachable {address}/32")
    try:
        yield
    finally:
        fleet.run(host, f"ip route del unreachable {address}/32")


@contextmanager
def small_disk(fleet: Fleet, host: str, containers: str, volume: str) -> Iterator[str]:
    """Have a volume of containers on a disk with little room; yield where it is. Afterwards it is on the former one."""
    place = fleet.run(host, f"docker volume inspect --format '{{{{.Mountpoint}}}}' {volume}").strip()

    def moved(between: str) -> str:
        kept = f"{place}.kept"
        # Nothing of what was there before may come to light again, least of all an old piece of the log.
        clear = f"find {place} -mindepth 1 -delete"
        copy = f"rm -rf {kept}; cp -a {place} {kept}; {between}; {clear}; cp -a {kept}/. {place}/; rm -rf {kept}"
        return f"set -e; docker stop --time 60 {containers}; {copy}; docker start {containers}"

    size = f"$(($(du --summarize --block-size=1M {place}.kept | cut --fields=1) + {ROOM_MIB}))M"
    fleet.run(host, moved(f"mount -t tmpfs -o size={size},mode=0755 small {place}"))
    try:
        yield place
    finally:
        fleet.run(host, f"rm -f {place}/ballast")
        fleet.run(host, moved(f"umount {place}"))


def fill(fleet: Fleet, host: str, place: str) -> None:
    """Leave no room on a disk."""
    ran = fleet.on(host).run(f"cat /dev/zero >{shlex.quote(place)}/ballast")
    assert "No space left on device" in ran.stderr


def upload(fleet: Fleet, visit: Visit, name: str) -> int:
    """Upload eight MiB that cannot be compressed; return the answer's status."""
    cookie = visit.requests[0].headers
    connection = traffic.connect(fleet)
    path, content = f"/api/v1/documents?name={name}", b"%PDF-" + os.urandom(8 << 20)
    connection.request("POST", path, content, cookie | traffic.FILE)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.usefixtures("next_release")
def test_without_the_repository_people_go_on_and_nothing_begins_that_could_not_be_undone(fleet: Fleet) -> None:
    releases.downgrade(fleet)
    assert NOT_ARCHIVED not in remarks(fleet)
    with Ledger(fleet) as ledger:
        with no_way_to_the_repository(fleet):
            failed = fleet.query("SELECT failed_count FROM pg_stat_archiver")
            fleet.query("SELECT pg_switch_wal()")
            until(fleet, f"SELECT failed_count > {failed} FROM pg_stat_archiver")  # noqa: S608  what it said itself
            ledger.wait_for(100)
            assert NOT_ARCHIVED in remarks(fleet)
            run = fleet.playbook("upgrade", *variables(release="1.1.0", backup_point_seconds=5))
            assert run.status != 0
            assert "could not be restored, so that nothing is changed: the log up to" in run.words
            ledger.wait_for(100)
        assert fleet.revision() == releases.BASE
        assert releases.served(fleet) == {"1.0.0"}
        archived(fleet)
        assert NOT_ARCHIVED not in remarks(fleet)
        ledger.pause()
        assert ledger.failures == 0
        assert ledger.acknowledged.keys() - ledger.stored() == set()
    put_right(fleet)
    at_rest(fleet)


def test_a_full_repository_fails_a_backup_and_keeps_those_that_there_are(fleet: Fleet) -> None:
    (keeper,) = fleet.hosts("build")
    with Ledger(fleet) as ledger:
        with small_disk(fleet, keeper, "backup", "jobfolio-backup") as place:
            fill(fleet, keeper, place)
            run = fleet.playbook("backup", *variables(backup_kind="full"))
            assert run.status != 0
            assert "No backup was made; those from before are as they were." in run.words
            assert "The disk of the repository has 0 MiB free" in run.words
            ledger.wait_for(100)
            run = fleet.playbook("restore_drill")
            assert run.status == 0, run.output
        archived(fleet)
        ledger.pause()
        assert ledger.acknowledged.keys() - ledger.stored() == set()
    run = fleet.playbook("backup")
    assert run.status == 0, run.output


@contextmanager
def damaged_backups(fleet: Fleet) -> Iterator[None]:
    """Of every backup the largest file is not what was written."""
    (keeper,) = fleet.hosts("build")
    shell = ["docker", "exec", "backup", "sh", "-euc"]
    find = """for folder in /var/lib/pgbackrest/backup/jobfolio/2*; do
        find "$folder" -type f -printf '%s %p\\n' | sort -n | tail -n 1 | cut -d ' ' -f 2; done"""
    paths = fleet.run(keeper, shlex.join([*shell, find])).split()
    write = "printf damaged | dd of=$path bs=1 seek=$(($(stat -c %s $path) / 2)) conv=notrunc status=none"
    fleet.run(keeper, shlex.join([*shell, f"for path; do cp -a $path $path.kept; {write}; done", "sh", *paths]))
    try:
        yield
    finally:
        fleet.run(keeper, shlex.join([*shell, "for path; do mv $path.kept $path; done", "sh", *paths]))


def test_damaged_backups_fail_a_drill_and_a_restore_which_ends_with_the_database_that_was(fleet: Fleet) -> None:
    before = fleet.all_containers()
    with Ledger(fleet) as ledger:
        ledger.wait_for(100)
        archived(fleet)
        with damaged_backups(fleet):
            drill = fleet.playbook("restore_drill")
            assert drill.status != 0
            ledger.pause()
            run = fleet.playbook("restore", *variables(restore_to="latest", restore_replaces="jobfolio-postgres"))
            assert run.status != 0
            assert "the fleet runs the one that it had" in run.words
        ledger.resume()
        ledger.wait_for(100)
        ledger.pause()
        assert ledger.acknowledged.keys() - ledger.stored() == set()
        assert fleet.all_containers() == before
        drill = fleet.playbook("restore_drill")
        assert drill.status == 0, drill.output
    put_right(fleet)
    at_rest(fleet)


def test_a_full_disk_of_the_database_refuses_writes_and_loses_none(fleet: Fleet, visit: Visit) -> None:
    (host,) = fleet.hosts("db")
    with small_disk(fleet, host, "backup postgres", "jobfolio-postgres") as place, Ledger(fleet) as ledger:
        until(fleet, "SELECT true")
        ledger.wait_for(100)
        fill(fleet, host, place)
        assert "has only 0 of" in remarks(fleet)
        # What was made ready for the log before is used up first.
        statuses = set()
        for number in range(60):
            if 503 in statuses:
                break
            statuses.add(upload(fleet, visit, f"{number}.pdf"))
        assert statuses <= {201, 503}
        assert 503 in statuses
        fleet.run(host, f"rm {place}/ballast")
        ledger.wait_for(100)
        ledger.pause()
        assert ledger.acknowledged.keys() - ledger.stored() == set()
    until(fleet, "SELECT true")
    put_right(fleet)
    at_rest(fleet)
