"""Tests cut runs off where a task begins, most of them only in full-length runs: a renamed task is found here."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = Path(__file__).parents[3] / "roles"
AWAITED = re.compile(r'"([a-z_]+) : ([A-Z][^"{]*)"')


def shown(tasks: list[dict[str, Any]]) -> Iterator[str]:
    """Names of the tasks that Ansible says it begins. It says none of those that only import others."""
    for task in tasks:
        if {"import_tasks", "import_role"} & {key.rpartition(".")[2] for key in task}:
            continue
        yield task.get("name", "")
        for part in ("block", "rescue", "always"):
            yield from shown(task.get(part, []))


def shown_by(role: str) -> set[str]:
    """Names of all tasks that a run of a role can show."""
    found = (ROLES / role / "tasks").glob("*.yml")
    return {name for path in found for name in shown(yaml.safe_load(path.read_text()) or [])}


def test_a_task_that_only_imports_others_is_never_shown() -> None:
    imports = {"name": "Start it", "ansible.builtin.import_tasks": "start.yml"}
    kept = [{"name": "Stop it", "ansible.builtin.command": "stop"}, {"name": "Look", "include_tasks": "look.yml"}]
    assert list(shown([imports, {"block": kept}])) == ["", "Stop it", "Look"]


@pytest.mark.parametrize("folder", ["tests/integration", "molecule"])
def test_every_task_that_a_test_waits_for_is_one_that_ansible_shows(root: Path, files: list[Path], folder: str) -> None:
    texts = [path.read_text() for path in files if path.is_relative_to(root / folder) and path.suffix == ".py"]
    awaited = {found for text in texts for found in AWAITED.findall(text)}
    assert awaited
    unknown = {f"{role} : {task}" for role, task in awaited if task not in shown_by(role)}
    assert not unknown
