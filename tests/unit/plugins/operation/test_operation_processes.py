"""A run of Ansible is told from its workers, from other programs, and from one that had its number before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from operation.processes import processes

RUN = ("python3", "/usr/bin/ansible-playbook", "playbooks/upgrade.yml")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    boot = tmp_path / "sys/kernel/random"
    boot.mkdir(parents=True)
    (boot / "boot_id").write_text("1234\n")
    return tmp_path


def start(proc: Path, pid: int, parent: int, command: tuple[str, ...], *, at: int = 7, state: str = "S") -> None:
    folder = proc / str(pid)
    folder.mkdir(exist_ok=True)
    (folder / "cmdline").write_text("".join(f"{word}\0" for word in command))
    # proc(5): the start is the 22nd field. A name may hold what it likes.
    (folder / "stat").write_text(f"{pid} (py) (x) {state} {parent} " + "0 " * 17 + f"{at} 0\n")


def test_a_run_is_named_whichever_of_its_processes_asks(proc: Path) -> None:
    start(proc, 1, 0, ("init",))
    start(proc, 10, 1, RUN)
    start(proc, 11, 10, RUN)
    start(proc, 12, 11, ("sh", "-c", "hostname"))
    start(proc, 20, 1, ("/usr/bin/ansible-playbook", "playbooks/deploy.yml"), at=9)
    assert processes(proc, 12) == processes(proc, 10) == ["1234:10:7", "1234:20:9"]
    assert processes(proc, 20) == ["1234:20:9", "1234:10:7"]


def test_a_process_that_got_the_number_of_a_killed_one_has_another_name(proc: Path) -> None:
    start(proc, 10, 0, RUN)
    before = processes(proc, 10)
    start(proc, 10, 0, RUN, at=8)
    assert set(before).isdisjoint(processes(proc, 10))


def test_what_was_killed_and_what_only_speaks_of_ansible_is_no_run(proc: Path) -> None:
    start(proc, 10, 0, RUN)
    start(proc, 20, 0, RUN, state="Z")
    start(proc, 30, 0, ("vim", "notes", "other", "ansible-playbook"))
    assert processes(proc, 10) == ["1234:10:7"]


def test_nothing_is_said_where_it_cannot_be_told(tmp_path: Path, proc: Path) -> None:
    start(proc, 10, 0, ("molecule",))
    assert processes(proc, 10) == []
    assert processes(tmp_path / "macos", os.getpid()) == []
