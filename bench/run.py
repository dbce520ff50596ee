"""Measures what docs/performance.md quotes, on the fleet that ``make demo`` made.

Prints one line a figure; with ``--json FILE`` also writes them. Wall times are medians of several runs in turn, so
that a noisy machine disturbs all of them alike: read the ratios before the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / path) for path in ("tests", "plugins/module_utils", "plugins", "")]

from fleet import Fleet  # noqa: E402  the tests' view of a fleet

from bench.access import loading, toll  # noqa: E402  found by the path above, not an installed package
from bench.application import files, listing  # noqa: E402  found by the path above, not an installed package
from bench.backup import backups  # noqa: E402  found by the path above, not an installed package
from bench.upgrade import upgrades  # noqa: E402  found by the path above, not an installed package

BENCH_VENV = ROOT / ".state" / "bench-venv"
TARGETS = ("db", "backend", "frontend", "edge")


def seconds(command: list[str], env: dict[str, str] | None = None) -> float:
    """Wall time of a command that must succeed."""
    started = time.monotonic()
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | (env or {}), capture_output=True)
    return time.monotonic() - started


def pyinfra_command(fleet: Fleet, folder: Path) -> list[str]:
    """Install pyinfra in an environment of its own, and return its command over the same hosts."""
    if not (BENCH_VENV / "bin" / "pyinfra").exists():
        subprocess.run([sys.executable, "-m", "venv", str(BENCH_VENV)], check=True)
        pip = [str(BENCH_VENV / "bin" / "pip"), "install", "--quiet", "--no-deps", "--require-hashes"]
        subprocess.run([*pip, "--requirement", "bench/requirements.txt"], check=True, cwd=ROOT)
    options = {
        "ssh_user": "admin",
        "ssh_key": str(fleet.state / "ssh" / "id_ed25519"),
        "ssh_known_hosts_file": str(fleet.state / "ssh" / "known_hosts"),
    }
    hosts = dict.fromkeys(host for group in TARGETS for host in fleet.hosts(group))
    inventory = folder / "inventory.py"
    inventory.write_text(f"hosts = {[(fleet.address(host), options) for host in hosts]!r}\n")
    return [str(BENCH_VENV / "bin" / "pyinfra"), "--yes", str(inventory), str(ROOT / "bench" / "noop_pyinfra.py")]


def fifty_tasks(folder: Path) -> str:
    """Write a playbook of fifty tasks that find nothing to do, and return its path."""
    task = {"name": "Keep a folder that is there", "ansible.builtin.file": {"path": "/etc", "state": "directory"}}
    play = {"name": "Do nothing", "hosts": ":".join(TARGETS), "gather_facts": False, "tasks": [task] * 50}
    path = folder / "fifty.yml"
    path.write_text(json.dumps([play]))
    return str(path)


def no_op_deploy(fleet: Fleet, runs: int) -> dict[str, float]:
    """Wall times of a deploy with nothing to do, beside fifty trivial tasks and pyinfra's fifty operations."""
    ansible = ["ansible-playbook", "--inventory", str(fleet.inventory)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = folder / "module_runs.json"
        commands = {
            "no-op deploy, s": [*ansible, "playbooks/deploy.yml"],
            "fifty no-op tasks, s": [*ansible, fifty_tasks(folder)],
            "fifty pyinfra operations, s": pyinfra_command(fleet, folder),
        }
        times: dict[str, list[float]] = {label: [] for label in commands}
        for _ in range(runs):
            for label, command in commands.items():
                times[label].append(seconds(command, {"MODULE_RUNS_FILE": str(counts)}))
        figures = {label: round(statistics.median(values), 1) for label, values in times.items()}
        seconds(commands["no-op deploy, s"], {"MODULE_RUNS_FILE": str(counts)})
        runs_by_host = json.loads(counts.read_text())["hosts"]
    figures |= {f"module runs of a no-op deploy on {host}": count for host, count in runs_by_host.items()}
    return figures


def audit(fleet: Fleet, runs: int) -> dict[str, float]:
    """Wall time of an audit of the whole fleet that finds nothing."""
    command = ["ansible-playbook", "--inventory", str(fleet.inventory), "playbooks/access_audit.yml"]
    return {"access_audit.yml, s": round(statistics.median(seconds(command) for _ in range(runs)), 1)}


def memory(fleet: Fleet) -> dict[str, str]:
    """Memory of every container and of every host, at rest."""
    figures = {}
    for host in fleet.hosts():
        whole = subprocess.run(
            ["docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", f"{fleet.name}-{host}"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        figures[f"memory of host {host}"] = whole.stdout.split("/")[0].strip()
        for line in fleet.run(host, "docker stats --no-stream --format '{{.Name}} {{.MemUsage}}'").splitlines():
            container, used = line.split("/")[0].split(maxsplit=1)
            figures[f"memory of {container} on {host}"] = used.strip()
    return figures


def main() -> None:
    """Run every benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="how often each wall time is taken (default: 5)")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument(
        "--only",
        action="append",
        choices=["memory", "listing", "files", "deploy", "access", "audit", "backup", "upgrade"],
        help="a part of it",
    )
    arguments = parser.parse_args()
    fleet = Fleet()
    sections: dict[str, Callable[[], Iterable[tuple[str, float | str]]]] = {
        "memory": lambda: memory(fleet).items(),
        "listing": lambda: listing(fleet, arguments.runs).items(),
        "files": lambda: files(fleet).items(),
        "deploy": lambda: no_op_deploy(fleet, arguments.runs).items(),
        "access": lambda: [*loading(fleet, arguments.runs).items(), *toll(fleet, arguments.runs).items()],
        "audit": lambda: audit(fleet, arguments.runs).items(),
        "backup": lambda: backups(fleet, arguments.runs).items(),
        "upgrade": lambda: upgrades(arguments.runs),
    }
    figures: dict[str, float | str] = {}
    for name in arguments.only or sections:
        for label, value in sections[name]():
            figures[label] = value
            # At once: one that is ended early has told what it found.
            print(f"{label:55} {value}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
