"""What an upgrade takes with ever more backends, and what people lose by it, beside simpler ways of replacing backends.

It makes a fleet of its own, since the one of ``make demo`` has two backends.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import releases
import traffic
from fleet import ROOT, Fleet, variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from load import Report

BACKENDS = (2, 4, 8)
FLEET = {"FLEET": "bench", "FLEET_PREFIX": "198.18.9"}


def inventory(folder: Path, backends: int) -> Path:
    """Write the inventory of a fleet with that many backends."""
    (folder / "group_vars").unlink(missing_ok=True)
    (folder / "group_vars").symlink_to(ROOT / "group_vars")
    groups = {
        "db": {"db1": {"fleet_address": 11}},
        "backend": {f"backend{n}": {"fleet_address": 20 + n} for n in range(1, backends + 1)},
        "frontend": {"edge1": {}},
        "edge": {"edge1": {"fleet_address": 14}},
        "build": {"build1": {"fleet_address": 15}},
    }
    local = {
        "children": {name: {"hosts": hosts} for name, hosts in groups.items()},
        # For both releases on all backends, while an upgrade runs.
        "vars": {"postgres_max_connections": 400},
    }
    path = folder / f"{backends}.yml"
    path.write_text(json.dumps({"all": {"children": {"local": local}}}))
    return path


@contextmanager
def fleets() -> Iterator[dict[int, Fleet]]:
    """Make the largest fleet and build the images; yield it with ever more of its backends, and remove it."""
    before = {name: os.environ.get(name) for name in FLEET}
    os.environ.update(FLEET)
    # In the repository, which roles take to be the parent of the inventory's folder.
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as folder:
        found = {count: Fleet(inventory(Path(folder), count)) for count in BACKENDS}
        try:
            for playbook in ("local_fleet", "build"):
                succeed(found[max(BACKENDS)], playbook)
            yield found
        finally:
            subprocess.run([str(ROOT / "scripts" / "clean"), FLEET["FLEET"]], check=True, capture_output=True)
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def succeed(fleet: Fleet, playbook: str, *options: str, **given: object) -> float:
    """Run a playbook that has to succeed; return its wall time in seconds."""
    started = time.monotonic()
    run = fleet.playbook(playbook, *options, *variables(**given))
    if run.status != 0:
        raise RuntimeError(run.output)
    return time.monotonic() - started


def loaded(fleet: Fleet, work: Callable[[], float]) -> tuple[float, Report]:
    """Do something under load; return its wall time in seconds, and the load's account."""
    with traffic.load(fleet, traffic.visit(fleet), rate=100) as running:
        took = work()
    return took, running.report


def wall_times(fleet: Fleet, runs: int) -> dict[str, float | str]:
    """Wall times of upgrades and rollbacks under 100 requests a second."""
    there, back = {"release": "1.1.0"}, {"release": "1.0.0"}
    steps: dict[str, Callable[[], float]] = {
        "full upgrade, s": lambda: succeed(fleet, "upgrade", **there),
        "rollback, s": lambda: succeed(fleet, "rollback", **back),
        # The schema has been expanded: this one has the images to replace, and nothing else.
        "image-only upgrade, s": lambda: succeed(fleet, "upgrade", **there),
        "image-only rollback, s": lambda: succeed(fleet, "rollback", **back),
        "image-only upgrade without canary, s": lambda: succeed(fleet, "upgrade", **there, upgrade_canary_seconds=0),
        "last rollback, s": lambda: succeed(fleet, "rollback", **back),
    }
    times: dict[str, list[float]] = {label: [] for label in steps}
    lost = sent = 0
    for _ in range(runs):
        for label, work in steps.items():
            took, report = loaded(fleet, work)
            times[label].append(took)
            lost, sent = lost + report.lost, sent + report.sent
        releases.downgrade(fleet)
    rollbacks = [took for label in steps if "rollback" in label for took in times.pop(label)]
    figures: dict[str, float | str] = {label: round(statistics.median(values), 1) for label, values in times.items()}
    return figures | {"rollback, s": round(statistics.median(rollbacks), 1), "requests lost": f"{lost} of {sent}"}


def replacements(fleet: Fleet, runs: int) -> dict[str, str]:
    """What people notice of backends that are replaced in three ways, one host after the other."""

    def nothing() -> float:
        time.sleep(20)
        return 20.0

    def stop_and_start() -> float:
        started = time.monotonic()
        for host, containers in fleet.backends().items():
            (name,) = containers
            fleet.run(host, f"docker stop {name} && docker start {name}")
        return time.monotonic() - started

    def replaced(*, drain: bool) -> float:
        changed = {"backend_env": {"BENCH": uuid4().hex}, "container_drain": drain}
        return succeed(fleet, "deploy", "--limit", "backend", **changed)

    ways: dict[str, Callable[[], float]] = {
        "nothing replaced": nothing,
        # What Ansible takes from people on a machine that it shares with the whole fleet.
        "deploy.yml with nothing to do": lambda: succeed(fleet, "deploy", "--limit", "backend"),
        "docker stop and start": stop_and_start,
        "replaced without drain": lambda: replaced(drain=False),
        "replaced as deploy.yml does": lambda: replaced(drain=True),
    }
    reports: dict[str, list[Report]] = {label: [] for label in ways}
    for _ in range(runs):
        for label, work in ways.items():
            reports[label].append(loaded(fleet, work)[1])
    return {
        label: f"{sum(one.lost for one in found)} of {sum(one.sent for one in found)} lost,"
        f" p99 {statistics.median(one.percentile(99) for one in found):.0f} ms"
        for label, found in reports.items()
    }


def upgrades(runs: int) -> Iterator[tuple[str, float | str]]:
    """Yield every figure with its label, which tells the number of backends."""
    with fleets() as found:
        for count, fleet in found.items():
            # The registry lets in the backends that it knows of: those that are added are told to it first.
            succeed(fleet, "access", "--limit", "build")
            succeed(fleet, "deploy")
            if count == min(BACKENDS):
                yield from replacements(fleet, runs).items()
                releases.make(fleet, "1.1.0", pages=True)
            yield from ((f"{count} backends: {label}", value) for label, value in wall_times(fleet, runs).items())
