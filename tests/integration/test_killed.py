"""Whatever is killed during an upgrade, the next run puts everything right, and nothing that was stored is lost."""

from __future__ import annotations

import functools
import json
import os
import random
import subprocess
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
SEED = int(os.environ.get("UPGRADE_SEED", "1"))


def kill_controller(fleet: Fleet) -> None:
    """Done by interrupt()."""


def kill_postgres(fleet: Fleet) -> None:
    fleet.run(fleet.hosts("db")[0], "kill -9 $(docker inspect --format '{{.State.Pid}}' postgres)")


def kill_engine(fleet: Fleet) -> None:
    """The engine of a backend's host; systemd starts it again."""
    fleet.run(random.choice(fleet.hosts("backend")), "systemctl kill --signal=KILL docker.service")  # noqa: S311


def kill_host(fleet: Fleet) -> None:
    """Pull the plug of a backend's host, and put it in again."""
    name = f"{fleet.name}-{random.choice(fleet.hosts('backend'))}"  # noqa: S311
    for command in ("kill", "start"):
        subprocess.run(["docker", command, name], check=True, capture_output=True)


def kill_migrator(fleet: Fleet) -> None:
    """Kill the container of the migrations, once it is there; a run that has nothing to migrate has none."""
    find = "docker inspect --format '{{.State.Pid}}' migrations 2>/dev/null"
    fleet.run(
        fleet.hosts("backend")[0],
        f"for n in $(seq 300); do pid=$({find}); [ ${{pid:-0}} -gt 0 ] && kill -9 $pid && break; sleep 0.1; done; true",
    )


VICTIMS = [kill_controller, kill_migrator, kill_postgres, kill_engine, kill_host]


def finish(fleet: Fleet, playbook: str, release: str) -> None:
    """Do what the operator does who finds the run gone, or failed: run it again, and say that it shall be finished."""
    for host in fleet.hosts("backend"):
        fleet.wait_for(host)
    lease = json.loads(fleet.run(fleet.hosts("db")[0], f"cat {OPERATION}/lease.json"))
    given = variables(release=release) if lease["released"] else variables(resume="true")
    run = fleet.playbook(playbook, *given)
    assert run.status == 0, run.output


def points(fleet: Fleet) -> list[tuple[Callable[[Fleet], None], str | int]]:
    """Who is killed, and at which task."""
    whole = fleet.playbook("upgrade", *variables(release="1.1.0"))
    assert whole.status == 0, whole.output
    tasks = whole.output.count("\nTASK [")
    chosen = random.Random(SEED)  # noqa: S311  no secret
    return [(VICTIMS[point % len(VICTIMS)], chosen.randint(1, tasks)) for point in range(POINTS)]


@pytest.mark.skipif(POINTS == 0, reason="UPGRADE_KILLS is 0")
def test_the_next_run_puts_right_whatever_was_killed(fleet: Fleet) -> None:
    for victim, at in points(fleet):
        release = "1.0.0" if releases.served(fleet) == {"1.1.0"} else "1.1.0"
        playbook = "rollback" if release == "1.0.0" else "upgrade"
        if release == "1.1.0":
            releases.downgrade(fleet)
        print(f"\n{victim.__name__} at task {at} of {playbook}.yml")
        with load(fleet, visit(fleet)):
            if victim is kill_controller:
                fleet.interrupt(playbook, at, *variables(release=release))
            else:
                fleet.disturb(playbook, at, functools.partial(victim, fleet), *variables(release=release))
            finish(fleet, playbook, release)
        assert releases.served(fleet) == {release}
        assert fleet.revision() == releases.EXPANDED
        put_right(fleet)
        at_rest(fleet)
