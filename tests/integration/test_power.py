"""The power goes while a backup or a restore runs: what was whole stays whole, and the same command goes on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from database import archived, info
from fleet import variables
from ledger import Ledger
from marks import soak
from state import at_rest, put_right

if TYPE_CHECKING:
    from fleet import Fleet

pytestmark = soak

DATA = "jobfolio-postgres"
LABELS = "docker exec backup find /var/lib/pgbackrest/backup/jobfolio -maxdepth 1 -name '2*' -printf '%f '"


def whole(fleet: Fleet) -> list[str]:
    """Labels of the backups that came to their end."""
    return [one["label"] for one in info(fleet)["backup"]]


def begin_a_backup(fleet: Fleet) -> None:
    """Have the keeper's timer make a full one, and wait until its folder is there."""
    (keeper,) = fleet.hosts("build")
    before = set(fleet.run(keeper, LABELS).split())
    fleet.run(keeper, "systemctl start --no-block jobfolio-backup@full.service")
    end = time.monotonic() + 60
    while set(fleet.run(keeper, LABELS).split()) <= before:
        assert time.monotonic() < end, "no backup has begun"


def test_a_backup_that_was_cut_off_leaves_those_before_and_the_next_is_whole(fleet: Fleet) -> None:
    (keeper,) = fleet.hosts("build")
    before = whole(fleet)
    with Ledger(fleet) as ledger:
        begin_a_backup(fleet)
        fleet.cut_power(keeper)
        ledger.wait_for(100)
        fleet.wait_for(keeper)
        fleet.run(keeper, "timeout 60 sh -c 'until docker exec backup true 2>/dev/null; do sleep 0.2; done'")
        assert whole(fleet) == before
        for playbook, given in (("backup", variables(backup_kind="full")), ("restore_drill", [])):
            archived(fleet)
            run = fleet.playbook(playbook, *given)
            assert run.status == 0, run.output
        ledger.pause()
        assert ledger.failures == 0
        assert ledger.acknowledged.keys() - ledger.stored() == set()
    assert set(whole(fleet)) - set(before)


@pytest.mark.parametrize(
    "task", ["restore : Restore, and set the present cluster aside", "restore : Wait until it has recovered"]
)
def test_a_restore_that_was_cut_off_has_lost_nothing_and_is_run_again(fleet: Fleet, task: str) -> None:
    (host,) = fleet.hosts("db")
    given = variables(restore_to="latest", restore_replaces=DATA)
    with Ledger(fleet) as ledger:
        ledger.wait_for(100)
        ledger.pause()
        cut = fleet.disturb("restore", task, lambda: fleet.cut_power(host), *given)
        assert cut.status != 0, cut.output
        fleet.wait_for(host)
        run = fleet.playbook("restore", *given)
        assert run.status == 0, run.output
        assert ledger.stored() == set(ledger.acknowledged)
    put_right(fleet)
    at_rest(fleet)
