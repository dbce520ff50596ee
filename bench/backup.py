"""What backup, restore and drill of a larger database take, beside pg_basebackup and a plain copy of the files."""

from __future__ import annotations

import json
import statistics
import time
from typing import TYPE_CHECKING

from database import filled
from fleet import variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet import Fleet

VOLUME = "jobfolio-postgres"
BACKUP, DRILL = "/usr/local/lib/jobfolio/backup", "/usr/local/lib/jobfolio/restore_drill.py"
IN_CONTAINER = "docker exec --user=postgres postgres sh -euc"
COPY = "/var/lib/postgresql/bench"


def remove_copies(fleet: Fleet) -> None:
    """Remove what pg_basebackup and cp made."""
    fleet.run(fleet.hosts("db")[0], f"{IN_CONTAINER} 'rm -rf {COPY} {COPY}.copy'")


def seconds(work: Callable[[], object]) -> float:
    """Wall time of some work."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def restored(fleet: Fleet) -> None:
    """Restore to the newest, and throw away what was set aside."""
    run = fleet.playbook("restore", *variables(restore_to="latest", restore_replaces=VOLUME))
    if run.status != 0:
        raise RuntimeError(run.output)
    fleet.run(fleet.hosts("db")[0], f"{IN_CONTAINER} 'rm -rf /var/lib/postgresql/cluster.before-*'")


def backups(fleet: Fleet, runs: int) -> dict[str, float | str]:
    """Every figure of a database of one GiB."""
    (database,), (keeper,) = fleet.hosts("db"), fleet.hosts("build")
    drills: list[dict[str, float]] = []

    def on_database(script: str) -> Callable[[], object]:
        return lambda: fleet.run(database, f"{IN_CONTAINER} '{script}'")

    def drill() -> None:
        # On a fleet that was made a moment ago it finds that there was no application yet.
        ran = fleet.on(keeper).run(f"{DRILL} /etc/jobfolio/backup/drill.json")
        found = json.loads(ran.stdout)
        if not found["report"]:
            raise RuntimeError(ran.stdout)
        drills.append(found)

    steps: dict[str, Callable[[], object]] = {
        "pg_basebackup on the same disk, s": on_database(f"pg_basebackup --pgdata={COPY} --checkpoint=fast"),
        "copy of its files, s": on_database(f"cp -a {COPY} {COPY}.copy && sync"),
        "full backup, s": lambda: fleet.run(keeper, f"{BACKUP} full"),
        "incremental backup of next to nothing, s": lambda: fleet.run(keeper, f"{BACKUP} incr"),
        "drill, s": drill,
        "restore.yml to the newest, s": lambda: restored(fleet),
    }
    times: dict[str, list[float]] = {label: [] for label in steps}
    with filled(fleet):
        size = int(fleet.query("SELECT sum(pg_database_size(oid)) FROM pg_database"))
        for _ in range(runs):
            for label, work in steps.items():
                times[label].append(seconds(work))
            remove_copies(fleet)
    told = fleet.run(keeper, "docker exec backup pgbackrest --stanza=jobfolio --output=json info")
    kept = max(one["info"]["repository"]["delta"] for one in json.loads(told)[0]["backup"])
    return {
        "database, MiB": size >> 20,
        "its full backup in the repository, MiB": kept >> 20,
        **{label: round(statistics.median(values), 1) for label, values in times.items()},
        "age of the newest piece of the log at a drill, s": round(max(one["archive_age"] for one in drills), 1),
    }
