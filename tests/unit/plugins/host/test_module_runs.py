"""What counts as a module run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
ANSIBLE = Path(sys.executable).with_name("ansible-playbook")
PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.debug: {msg: only thought about}
    - ansible.builtin.set_fact: {thought: 1}
    - ansible.builtin.assert: {that: thought == 1, quiet: true}
    - ansible.builtin.ping:
    - ansible.builtin.ping: {data: "{{ item }}"}
      loop: [a, b]
    - ansible.builtin.ping:
      when: false
    - ansible.builtin.ping:
      delegate_to: localhost
      run_once: true
"""


@pytest.fixture
def play(tmp_path: Path) -> dict[str, str]:
    """Write the playbook; return the environment to run it in."""
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    return os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}


def run(tmp_path: Path, environment: dict[str, str]) -> str:
    command = [str(ANSIBLE), "-i", "one,two,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}"]
    command.append(str(tmp_path / "play.yml"))
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_what_runs_on_a_host_counts_and_what_only_thinks_does_not(tmp_path: Path, play: dict[str, str]) -> None:
    counts = tmp_path / "runs.json"
    shown = run(tmp_path, play | {"MODULE_RUNS": "1", "MODULE_RUNS_FILE": str(counts)})
    told = json.loads(counts.read_text())
    assert told["hosts"] == {"localhost": 1, "one": 3, "two": 3}
    assert {run["module"] for run in told["runs"]} == {"ansible.builtin.ping"}
    assert "one                        : 3" in shown


def test_nothing_is_counted_unless_asked_for(tmp_path: Path, play: dict[str, str]) -> None:
    assert "MODULE RUNS" not in run(tmp_path, play)
