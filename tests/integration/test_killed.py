"""Whatever is killed during an upgrade, the next run puts everything right, and nothing that was stored is lost."""

from __future__ import annotations

import functools
import json
import os
import random
from typing import TYPE_CHECKING

import pytest
import releases
from fleet import OPERATION, variables
from state import at_rest, put_right
from traffic import load, visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet import Fleet

pytestmark = pytest.mark.usefixtures("next_release")

# At how many random points of an upgrade something is killed; test_upgrade.py kills the controller at one.
POINTS = int(os.environ.get("UPGRADE_KILLS", "0"))
# How many of them an earlier run has come to the end of.
PASSED = int(os.environ.get("UPGRADE_KILLS_PASSED", "0"))
MIGRATES = "Run the migrations in a container of the new release"
SEED = int(os.environ.get("UPGRADE_SEED", "1"))


def kill_controller(fleet: Fleet) -> None:
    """Done by interrupt()."""


def kill_postgres(fleet: Fleet) -> None:
    fleet.run(fleet.hosts("db")[0], "kill -9 $(docker inspect --format '{{.State.Pid}}' postgres)")


def kill_engine(fleet: Fleet) -> None:
    """The engine of a backend's host; systemd starts it again."""
    fleet.run(fleet.hosts("backend")[0], "systemctl kill --signal=KILL docker.service")


def kill_host(fleet: Fleet) -> None:
    """A backend's host, which starts again."""
    fleet.cut_power(fleet.hosts("backend")[-1])


def kill_migrator(fleet: Fleet) -> None:
    """Kill the container of the migrations, once it is there."""
    find = "docker inspect --format '{{.State.Pid}}' migrations 2>/dev/null"
    fleet.run(
        fleet.hosts("backend")[0],
        f"for n in $(seq 300); do pid=$({find}); [ ${{pid:-0}} -gt 0 ] && kill -9 $pid && break; sleep 0.1; done; true",
    )


VICTIMS = [kill_controller, kill_migrator, kill_postgres, kill_engine, kill_host]


def finish(fleet: Fleet) -> None:
    """Do what the operator does who finds the run gone, or failed: run it again, and say that it shall be finished."""
    for host in fleet.hosts("backend"):
        fleet.wait_for(host)
    lease = json.loads(fleet.run(fleet.hosts("db")[0], f"cat {OPERATION}/lease.json"))
    given = variables(release="1.1.0") if lease["released"] else variables(resume="true")
    run = fleet.playbook("upgrade", *given)
    assert run.status == 0, run.output


def start_over(fleet: Fleet) -> None:
    """Have the first release serve, on the schema that it came with."""
    back = fleet.playbook("rollback", *variables(release="1.0.0"))
    assert back.status == 0, back.output
    releases.downgrade(fleet)


def points(fleet: Fleet) -> list[tuple[Callable[[Fleet], None], str | int]]:
    """Who is killed, and at which task of an upgrade with its migration."""
    releases.downgrade(fleet)
    whole = fleet.playbook("upgrade", *variables(release="1.1.0"))
    assert whole.status == 0, whole.output
    start_over(fleet)
    tasks = whole.output.count("\nTASK [")
    chosen = random.Random(SEED)  # noqa: S311  no secret
    victims = [VICTIMS[point % len(VICTIMS)] for point in range(POINTS)]
    return [(victim, MIGRATES if victim is kill_migrator else chosen.randint(1, tasks)) for victim in victims]


@pytest.mark.skipif(POINTS == 0, reason="UPGRADE_KILLS is 0")
def test_the_next_run_puts_right_whatever_was_killed(fleet: Fleet) -> None:
    for number, (victim, at) in list(enumerate(points(fleet), 1))[PASSED:]:
        print(f"\n{number} of {POINTS}: {victim.__name__} at task {at}")
        # Enough to tell whether a row is lost; what a kill costs in requests is not asked here.
        with load(fleet, visit(fleet), rate=20):
            if victim is kill_controller:
                fleet.interrupt("upgrade", at, *variables(release="1.1.0"))
            else:
                fleet.disturb("upgrade", at, functools.partial(victim, fleet), *variables(release="1.1.0"))
            finish(fleet)
        assert releases.served(fleet) == {"1.1.0"}
        assert fleet.revision() == releases.EXPANDED
        put_right(fleet)
        at_rest(fleet)
        start_over(fleet)
