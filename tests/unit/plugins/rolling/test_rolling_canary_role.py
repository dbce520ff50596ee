"""The canary of role upgrade in a play, against a HAProxy that only counts."""

from __future__ import annotations

import os
import socketserver
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[4]
PLAY = """
- hosts: backend
  gather_facts: false
  serial: [1, "100%"]
  tasks:
    - name: Watch
      ansible.builtin.include_role:
        name: upgrade
        tasks_from: canary
      when: groups.backend[0] in ansible_play_batch
"""
COLUMNS = "pxname,svname,qcur,scur,econ,eresp,wretr,wredis,status,check_status,last_chk,hrsp_2xx,hrsp_5xx,rtime"


@dataclass
class Haproxy:
    """Counts ten requests for each server that is up whenever it is looked at; so many go wrong at the canary."""

    wrong: int = 0
    looks: int = 0

    def answer(self, command: str) -> str:
        """Answer a command of the runtime socket."""
        if command != "show stat":
            return "3.0\n"
        self.looks += 1
        good, bad = self.looks * (10 - self.wrong), self.looks * self.wrong
        rows = [
            "be_backend,backend1-a,0,0,0,0,0,0,DOWN,L4CON,,9000,0,8",
            f"be_backend,backend1-b,0,0,0,0,0,0,UP,L7OK,,{good},{bad},8",
            f"be_backend,backend2-a,0,0,0,0,0,0,UP,L7OK,,{self.looks * 10},0,8",
            "be_backend,backend2-b,0,0,0,0,0,0,DOWN,L4CON,,0,0,0",
        ]
        return "\n".join([f"# {COLUMNS}", *rows]) + "\n"


@contextmanager
def listening(haproxy: Haproxy) -> Iterator[str]:
    """Let it answer at a socket; the socket's path, which is short enough for one."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(haproxy.answer(self.rfile.readline().decode().strip()).encode())

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/runtime.sock"
        with socketserver.ThreadingUnixStreamServer(path, Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield path
            server.shutdown()
            thread.join()


def play(tmp_path: Path, haproxy: Haproxy, backends: int, edges: int) -> tuple[int, str]:
    """Run the canary for the first of so many backends, with so many edges; its status and what it printed."""
    counts = {"backend": backends, "edge": edges}
    groups = {name: {"hosts": {f"{name}{n + 1}": None for n in range(count)}} for name, count in counts.items()}
    with listening(haproxy) as path:
        given = {"app_name": "jobfolio", "backend_edge_socket": path, "upgrade_canary_seconds": 2}
        given |= {"ansible_connection": "local"}
        (tmp_path / "inventory.yml").write_text(yaml.safe_dump({"all": {"vars": given, "children": groups}}))
        (tmp_path / "play.yml").write_text(PLAY)
        ansible = str(Path(sys.executable).with_name("ansible-playbook"))
        done = subprocess.run(
            [ansible, "--inventory", str(tmp_path / "inventory.yml"), str(tmp_path / "play.yml")],
            env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_a_release_that_does_as_well_passes_by_the_sum_of_all_edges(tmp_path: Path) -> None:
    haproxy = Haproxy()
    status, said = play(tmp_path, haproxy, backends=2, edges=2)
    assert status == 0, said
    # What either edge saw begins with its first look.
    requests = 10 * (haproxy.looks - 2)
    assert f"backend1-b answered 0 of {requests} requests with an error (0.0 %), the others 0 of {requests}" in said
    assert "(item=edge2)" in said


def test_a_release_that_does_worse_is_given_up_by_the_first_edge(tmp_path: Path) -> None:
    haproxy = Haproxy(wrong=5)
    status, said = play(tmp_path, haproxy, backends=2, edges=2)
    assert status != 0
    assert "Canary: backend1-b answered 5 of 10 requests with an error (50.0 %), the others 0 of 10 (0.0 %)" in said
    assert "(item=edge2)" not in said


def test_a_fleet_of_one_is_compared_with_its_former_slot(tmp_path: Path) -> None:
    haproxy = Haproxy(wrong=5)
    status, said = play(tmp_path, haproxy, backends=1, edges=1)
    assert status != 0
    assert "an error (50.0 %), the others 0 of 9000 (0.0 %)" in said
