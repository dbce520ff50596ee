"""A major upgrade of PostgreSQL under people who work. It takes a fleet of version 15: make soak has one (postgres)."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
import traffic
from database import filled
from fleet import variables
from ledger import Ledger
from load import Load, Request
from state import at_rest, put_right
from traffic import load

if TYPE_CHECKING:
    from fleet import Fleet, PlaybookRun
    from traffic import Visit

# Without it the fleet has no cluster that could be upgraded.
pytestmark = pytest.mark.skipif("POSTGRES_UPGRADE" not in os.environ, reason="POSTGRES_UPGRADE is not set")

DATA = "jobfolio-postgres"
TO = {"release": "2.0.0", "postgres_version": 17}


def upgrade(fleet: Fleet, **given: object) -> PlaybookRun:
    return fleet.playbook("upgrade_postgres", *variables(**TO, **given))


def version(fleet: Fleet) -> int:
    return int(fleet.query("SHOW server_version_num")) // 10000


@pytest.fixture(scope="module", autouse=True)
def release(fleet: Fleet) -> None:
    """The release that upgrades."""
    run = fleet.playbook("build", *variables(**TO, postgres_upgrades_from="15"))
    assert run.status == 0, run.output


def test_people_wait_for_an_upgrade_of_a_gibibyte_and_nobody_is_refused(fleet: Fleet, visit: Visit) -> None:
    assert version(fleet) == 15
    with filled(fleet), load(fleet, visit) as running:
        run = upgrade(fleet)
        time.sleep(2)
        assert run.status == 0, run.output
        size = int(fleet.query("SELECT pg_database_size('jobfolio')")) >> 20
    print(f"\n{size} MiB, longest answer {max(running.report.seconds):.1f} s")
    assert version(fleet) == 17
    assert running.report.failures == []
    put_right(fleet)
    at_rest(fleet)


def test_a_second_run_changes_nothing(fleet: Fleet) -> None:
    before = fleet.all_containers()
    run = upgrade(fleet)
    assert (run.status, set(run.changed.values())) == (0, {0}), run.output
    assert fleet.all_containers() == before


def test_the_application_goes_back_to_a_release_of_before_all_the_same(fleet: Fleet) -> None:
    """Which a deploy cannot, as it would run the former image of PostgreSQL."""
    run = fleet.playbook("rollback", *variables(release="1.0.0"))
    assert run.status == 0, run.output
    run = fleet.playbook("deploy", *variables(release="1.0.0"))
    assert run.status != 0
    assert "holds a cluster of PostgreSQL 17, but this release runs 15; deploy one that was built for it" in run.words


def test_on_the_way_back_who_does_not_wait_is_told_to_come_again(fleet: Fleet) -> None:
    """With no time to wait the API says 503, which the load notices. It asks for what needs no row."""
    ask = Request("GET", "/api/v1/auth/me", expect=(401,))
    told: set[str] = set()

    def look() -> None:
        end = time.monotonic() + 60
        while not told and time.monotonic() < end:
            connection = traffic.connect(fleet)
            connection.request("GET", ask.path)
            answer = connection.getresponse()
            connection.close()
            if answer.status == 503:
                told.add(answer.headers["Retry-After"])

    given = variables(**TO, postgres_upgrade_way="back", postgres_upgrade_gives_up=DATA, postgres_upgrade_wait=0)
    edge, ca = fleet.address(fleet.hosts("edge")[0]), str(fleet.state / "tls" / "ca.crt")
    with Load(edge, [ask], name=traffic.NAME, ca=ca) as running:
        run = fleet.disturb("upgrade_postgres", "Bring it there", look, *given)
        assert run.status == 0, run.output
    assert version(fleet) == 15
    assert told == {"2"}
    assert {line.rpartition(" ")[2] for line in running.report.failures} == {"503"}
    put_right(fleet)
    at_rest(fleet)


def clean_up(fleet: Fleet) -> None:
    """Remove what upgrades have set aside, without which another one is refused."""
    run = upgrade(fleet, postgres_upgrade_way="clean")
    assert run.status == 0, run.output


def cut_off_and_run_again(fleet: Fleet, **given: object) -> None:
    """Pull the plug of the database's host while its cluster changes, and run the same command once more."""
    (host,) = fleet.hosts("db")
    # The first container that is started works on the cluster, on both ways.
    task = "container : Start the container"
    cut = fleet.disturb("upgrade_postgres", task, lambda: fleet.cut_power(host), *variables(**TO, **given))
    assert cut.status != 0, cut.output
    fleet.wait_for(host)
    run = upgrade(fleet, **given)
    assert run.status == 0, run.output


def test_after_a_power_cut_on_either_way_the_same_command_comes_to_its_end(fleet: Fleet) -> None:
    clean_up(fleet)
    with Ledger(fleet) as ledger:
        ledger.wait_for(100)
        ledger.pause()
        cut_off_and_run_again(fleet)
        assert version(fleet) == 17
        assert ledger.stored() == set(ledger.acknowledged)
    cut_off_and_run_again(fleet, postgres_upgrade_way="back", postgres_upgrade_gives_up=DATA)
    assert version(fleet) == 15
    put_right(fleet)
    at_rest(fleet)


def test_indexes_are_made_anew_where_the_new_image_sorts_text_otherwise(fleet: Fleet) -> None:
    """As one of another release of Debian does. Here the cluster says that it was sorted by what there is no more."""
    clean_up(fleet)
    fleet.query("CREATE COLLATION german (provider = icu, locale = 'de-DE')")
    fleet.query("CREATE TABLE words (word text COLLATE german PRIMARY KEY)")
    files = "SELECT pg_relation_filenode('words'), pg_relation_filenode('words_pkey')"
    table, index = fleet.query(files).split("|")

    def forget() -> None:
        fleet.query("UPDATE pg_collation SET collversion = '1' WHERE collname = 'german'")

    # Not before the gate, which would send it away.
    run = fleet.disturb(
        "upgrade_postgres", "postgres_upgrade : Rehearse the upgrade on a restored copy", forget, *variables(**TO)
    )
    assert run.status == 0, run.output
    assert version(fleet) == 17
    now = fleet.query(
        "SELECT collversion = pg_collation_actual_version(oid) FROM pg_collation WHERE collname = 'german'"
    )
    assert now == "t"
    after = fleet.query(files).split("|")
    assert (after[0], after[1] != index) == (table, True)
    fleet.query("DROP TABLE words")
    fleet.query("DROP COLLATION german")
