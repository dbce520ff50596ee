"""Measures what docs/performance.md quotes, on the fleet that ``make demo`` made.

Prints one line a figure; with ``--json FILE`` also writes them. Wall times are medians of several runs in turn, so
that a noisy machine disturbs all of them alike: read the ratios before the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fleet import Fleet  # noqa: E402  the tests' view of a fleet, not an installed package
from load import Connection  # noqa: E402

BENCH_VENV = ROOT / ".state" / "bench-venv"
# Ten thousand postings with descriptions of 2,400 characters, as many as one account may have.
ROWS = """
    INSERT INTO job_postings (user_id, company, title, location, link, description, status, updated_at)
    SELECT {user}, 'Company ' || n % 100, 'Title ' || n, 'London', 'https://example.org/' || n,
        repeat('What the work is about. ', 100),
        (ARRAY['saved', 'applied', 'interviewing', 'offered', 'rejected'])[1 + n % 5], now() - n * interval '1 min'
    FROM generate_series(1, 10000) AS n;
    ANALYZE job_postings;
"""
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


def listing(fleet: Fleet, runs: int) -> dict[str, float | str]:
    """Listing 50 of one person's 10,000 postings through the edge, with as many requests at once as it takes."""
    address = fleet.address(fleet.hosts("edge")[0])
    account = {"email": f"{uuid4().hex}@example.org", "password": uuid4().hex}
    connection = Connection(address, "jobfolio.test", ssl.create_default_context(cafile=fleet.state / "tls" / "ca.crt"))
    connection.request("POST", "/api/v1/auth/sign-up", json.dumps(account), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    cookie = str(answer.headers["Set-Cookie"]).split(";")[0]
    user = int(json.loads(answer.read())["id"])
    connection.close()
    psql = f"docker exec postgres psql --dbname jobfolio --quiet --command {shlex.quote(ROWS.format(user=user))}"
    fleet.run(fleet.hosts("db")[0], psql)
    requests = {"list": ("/api/v1/postings?per_page=50", 32), "search": ("/api/v1/postings?search=title+777", 2)}
    figures: dict[str, float | str] = {}
    for label, (path, clients) in requests.items():
        said = [
            subprocess.run(
                ["wrk", "--latency", "--threads=1", f"--connections={clients}", "--duration=10s", "--timeout=30s",
                 f"--header=Cookie: {cookie}", f"https://{address}{path}"],
                check=True, capture_output=True, text=True,
            ).stdout
            for _ in range(runs)
        ]  # fmt: skip
        if failed := [text for text in said if "Non-2xx" in text or "Socket errors" in text]:
            raise SystemExit(f"Requests failed under load:\n{failed[0]}")
        rates = [float(re.findall(r"Requests/sec:\s+([\d.]+)", text)[0]) for text in said]
        p99 = [milliseconds(re.findall(r"99%\s+(\S+)", text)[0]) for text in said]
        figures[f"{label}: requests/s, {clients} at once"] = round(statistics.median(rates), 1)
        figures[f"{label}: p99, ms, {clients} at once"] = round(statistics.median(p99))
    for host in fleet.hosts("backend"):
        for name in fleet.containers(host):
            stats = fleet.run(host, f"docker stats --no-stream --format '{{{{.MemUsage}}}}' {name}")
            figures[f"memory of {name} on {host} right after"] = stats.split("/")[0].strip()
    return figures


def milliseconds(text: str) -> float:
    """Read a time as wrk writes it, such as 1.25s or 900.00us."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]  # wrk's own format
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def main() -> None:
    """Run every benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="how often each wall time is taken (default: 5)")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--only", action="append", choices=["memory", "listing", "deploy"], help="a part of it")
    arguments = parser.parse_args()
    fleet = Fleet()
    sections: dict[str, Callable[[], Mapping[str, float | str]]] = {
        "memory": lambda: memory(fleet),
        "listing": lambda: listing(fleet, arguments.runs),
        "deploy": lambda: no_op_deploy(fleet, arguments.runs),
    }
    figures = {label: value for name in arguments.only or sections for label, value in sections[name]().items()}
    for label, value in figures.items():
        print(f"{label:55} {value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
