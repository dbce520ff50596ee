"""A deployed fleet as the tests see it: its inventory, its hosts over SSH, and the project's playbooks."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import testinfra

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
# Where lease and journal lie on the db host.
OPERATION = "/var/lib/jobfolio/operation"
# For every Ansible that a test calls: its output is read by the test, so it has no colours, which molecule asks for.
ANSIBLE = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"}

# In life the controller and every host have processors of their own. Here they share this machine's, and a run that
# yields leaves them to the containers, so that how long requests take tells of these: Ansible gets what nobody else
# wants, and keeps modules running on one host fewer at once than there are processors. Weights count between sessions
# (sched(7), autogroup), so that such a run begins one. The processes that Ansible forks begin their own, which this
# does not reach; a control group does, and made no clear difference.
YIELDING = ["sh", "-c", '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec "$@"', "sh"]
FORKS = {"ANSIBLE_FORKS": str(max(1, (os.cpu_count() or 1) - 1))}


def variables(**values: object) -> list[str]:
    """Arguments of a playbook that set variables."""
    return ["--extra-vars", json.dumps(values)]


def ids(found: dict[str, dict[str, str]]) -> set[str]:
    """IDs of containers, whatever their hosts and names."""
    return {id_ for containers in found.values() for id_ in containers.values()}


@dataclass(frozen=True)
class PlaybookRun:
    """What a run of a playbook said."""

    status: int
    output: str
    changed: dict[str, int]

    @property
    def words(self) -> str:
        """What it said, without its line breaks."""
        return " ".join(self.output.split())


@dataclass(eq=False)
class Fleet:
    """The fleet that FLEET, FLEET_PREFIX and INVENTORY name."""

    inventory: Path = field(default_factory=lambda: ROOT / os.environ.get("INVENTORY", "inventory/local.yml"))

    @functools.cached_property
    def _inventory(self) -> dict[str, Any]:
        command = ["ansible-inventory", "--inventory", str(self.inventory), "--list"]
        found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
        return found

    def hosts(self, group: str = "local") -> list[str]:
        """Names of the hosts in a group, in the inventory's order."""
        entry = self._inventory.get(group, {})
        below = [host for child in entry.get("children", []) for host in self.hosts(child)]
        return list(dict.fromkeys([*entry.get("hosts", []), *below]))

    @property
    def name(self) -> str:
        """Prefix of the hosts' containers on this machine."""
        return os.environ.get("FLEET", "jobfolio")

    @property
    def state(self) -> Path:
        """Folder on the controller with the fleet's keys and secrets."""
        return ROOT / ".state" / self.name

    def address(self, host: str) -> str:
        """Private address of a host."""
        prefix = os.environ.get("FLEET_PREFIX", "198.18.0")
        return f"{prefix}.{self._inventory['_meta']['hostvars'][host]['fleet_address']}"

    @functools.cache  # noqa: B019  one Fleet lives as long as the test session
    def on(self, host: str) -> Any:  # noqa: ANN401  testinfra is not typed
        """Let testinfra talk to a host, as root."""
        return testinfra.get_host(
            f"ssh://admin@{self.address(host)}",
            ssh_identity_file=str(self.state / "ssh" / "id_ed25519"),
            ssh_extra_args=f"-o UserKnownHostsFile={self.state}/ssh/known_hosts -o StrictHostKeyChecking=yes",
            sudo=True,
        )

    def ssh(self, host: str) -> list[str]:
        """Command that runs another one on a host, as the operator's user."""
        known = f"-oUserKnownHostsFile={self.state}/ssh/known_hosts"
        key = str(self.state / "ssh" / "id_ed25519")
        return [
            "ssh",
            "-i",
            key,
            known,
            "-oStrictHostKeyChecking=yes",
            "-oLogLevel=ERROR",
            f"admin@{self.address(host)}",
        ]

    def run(self, host: str, command: str) -> str:
        """Standard output of a command on a host, which must succeed."""
        return str(self.on(host).check_output(command))

    def wait_for(self, host: str) -> None:
        """Wait until a host that is starting takes commands as root, and its engine does."""
        for _ in range(60):
            # testinfra raises this where SSH itself fails.
            with contextlib.suppress(RuntimeError):
                if self.on(host).run("docker ps").rc == 0:
                    return
            time.sleep(1)
        raise AssertionError(f"{host} did not come back")

    def cut_power(self, host: str) -> None:
        """Pull the plug of a host, and put it in again."""
        for command in ("kill", "start"):
            subprocess.run(["docker", command, f"{self.name}-{host}"], check=True, capture_output=True)

    def containers(self, host: str) -> dict[str, str]:
        """IDs of the running containers of a host, by name."""
        listed = self.run(host, "docker ps --no-trunc --format '{{.Names}} {{.ID}}'")
        return dict(line.split() for line in listed.splitlines())

    def all_containers(self) -> dict[str, dict[str, str]]:
        """IDs of the running containers of every host."""
        return {host: self.containers(host) for host in self.hosts()}

    def backends(self) -> dict[str, dict[str, str]]:
        """IDs of the running backend containers by host and name."""
        return {
            host: {name: id_ for name, id_ in self.containers(host).items() if name.startswith("backend-")}
            for host in self.hosts("backend")
        }

    def playbook(
        self, name: str, *arguments: str, env: dict[str, str] | None = None, yielding: bool = False
    ) -> PlaybookRun:
        """Run a playbook of the project to its end, whatever its result."""
        command = ["ansible-playbook", "--inventory", str(self.inventory), f"playbooks/{name}.yml", *arguments]
        run = subprocess.run(
            [*YIELDING, *command] if yielding else command,
            start_new_session=yielding,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=os.environ | ANSIBLE | (FORKS if yielding else {}) | (env or {}),
            check=False,
        )
        return self._result(run.returncode, run.stdout + run.stderr)

    @staticmethod
    def _result(status: int, output: str) -> PlaybookRun:
        changed = {
            host: int(count) for host, count in re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", output, re.MULTILINE)
        }
        return PlaybookRun(status, output, changed)

    def disturb(self, name: str, at: str | int, disturbance: Callable[[], None], *arguments: str) -> PlaybookRun:
        """Run a playbook, and do something as soon as it has begun a task: one of that name, or the so-manieth."""
        with self._started(name, *arguments) as run:
            said = self._until(run, at)
            disturbance()
            assert run.stdout
            said += run.stdout.readlines()
            return self._result(run.wait(), "".join(said))

    def interrupt(self, name: str, at: str | int, *arguments: str) -> None:
        """Run a playbook, and kill the controller's process as soon as it has begun a task."""
        with self._started(name, *arguments) as run:
            self._until(run, at)
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()

    def _started(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        command = ["ansible-playbook", "--inventory", str(self.inventory), f"playbooks/{name}.yml", *arguments]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=os.environ | ANSIBLE,
            start_new_session=True,
        )

    @staticmethod
    def _until(run: subprocess.Popen[str], at: str | int) -> list[str]:
        """Read what a run says until it begins a task; return it."""
        assert run.stdout
        said, tasks = [], 0
        for line in run.stdout:
            said.append(line)
            tasks += line.startswith("TASK [")
            if tasks == at or line.startswith(f"TASK [{at}]"):
                return said
        raise AssertionError(f"The run never came to {at!r}:\n{''.join(said)}")

    def ping(self, host: str) -> None:
        """Have Ansible connect to a host; it keeps the connection for two minutes."""
        command = ["ansible", "--inventory", str(self.inventory), host, "--module-name=ansible.builtin.ping"]
        subprocess.run(command, cwd=ROOT, env=os.environ | ANSIBLE, capture_output=True, check=True)

    def operation(self, arguments: str) -> None:
        """Run module operation by itself, as somebody else would."""
        command = ["ansible", "--inventory", str(self.inventory), self.hosts("db")[0], "--become"]
        run = subprocess.run(
            [*command, "--module-name=operation", f"--args=folder={OPERATION} {arguments}"],
            cwd=ROOT,
            env=os.environ | ANSIBLE,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr

    def journal(self) -> list[dict[str, Any]]:
        """The journal's entries, oldest first."""
        lines = self.run(self.hosts("db")[0], f"cat {OPERATION}/journal.jsonl").splitlines()
        return [json.loads(line) for line in lines]

    def revision(self) -> str:
        """The revision that the schema is at."""
        return self.query("SELECT version_num FROM alembic_version")

    def query(self, statement: str) -> str:
        """What the database answers, a line a row."""
        psql = "docker exec --user=postgres postgres psql --no-align --tuples-only --dbname=jobfolio"
        return self.run(self.hosts("db")[0], f"{psql} --command={shlex.quote(statement)}").strip()
