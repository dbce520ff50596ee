"""A deployed fleet as the tests see it: its inventory, its hosts over SSH, and the project's playbooks."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import testinfra

ROOT = Path(__file__).parents[1]
# For every Ansible that a test calls: its output is read by the test, so it has no colours, which molecule asks for.
ANSIBLE = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"}


@dataclass(frozen=True)
class PlaybookRun:
    """What a run of a playbook said."""

    status: int
    output: str
    changed: dict[str, int]


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

    def run(self, host: str, command: str) -> str:
        """Standard output of a command on a host, which must succeed."""
        return str(self.on(host).check_output(command))

    def containers(self, host: str) -> dict[str, str]:
        """IDs of the running containers of a host, by name."""
        listed = self.run(host, "docker ps --no-trunc --format '{{.Names}} {{.ID}}'")
        return dict(line.split() for line in listed.splitlines())

    def all_containers(self) -> dict[str, dict[str, str]]:
        """IDs of the running containers of every host."""
        return {host: self.containers(host) for host in self.hosts()}

    def playbook(self, name: str, *arguments: str, env: dict[str, str] | None = None) -> PlaybookRun:
        """Run a playbook of the project to its end, whatever its result."""
        command = ["ansible-playbook", "--inventory", str(self.inventory), f"playbooks/{name}.yml", *arguments]
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=os.environ | ANSIBLE | (env or {}),
            check=False,
        )
        output = run.stdout + run.stderr
        changed = {
            host: int(count) for host, count in re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", output, re.MULTILINE)
        }
        return PlaybookRun(run.returncode, output, changed)
