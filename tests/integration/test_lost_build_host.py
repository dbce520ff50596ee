"""The host with images and backups is lost: the fleet serves on, and the documented commands bring all of it back."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from ledger import Ledger
from marks import soak
from state import at_rest, put_right
from traffic import load

if TYPE_CHECKING:
    from fleet import Fleet
    from traffic import Visit


@soak
def test_a_lost_build_host_costs_no_request_and_no_row_and_its_successor_keeps_backups(
    fleet: Fleet, visit: Visit
) -> None:
    (host,) = fleet.hosts("build")
    with Ledger(fleet) as ledger:
        with load(fleet, visit) as running:
            ledger.wait_for(100)
            for command in ("rm --force --volumes", "volume rm"):
                subprocess.run(["docker", *command.split(), f"{fleet.name}-{host}"], check=True, capture_output=True)
            assert f"{host} cannot be reached" in fleet.playbook("status").words
            # As ../../docs/backups.md says; this is where another host comes from here.
            for playbook in ("local_fleet", "build"):
                run = fleet.playbook(playbook)
                assert run.status == 0, run.output
        assert running.report.lost == 0, running.report
        run = fleet.playbook("deploy")
        assert run.status == 0, run.output
        ledger.wait_for(100)
    assert set(ledger.acknowledged) <= ledger.stored()
    for playbook in ("backup", "restore_drill"):
        run = fleet.playbook(playbook)
        assert run.status == 0, run.output
    told = fleet.playbook("status")
    assert told.status == 0, told.output
    assert "cannot be reached" not in told.words
    put_right(fleet)
    at_rest(fleet)
