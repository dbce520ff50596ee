"""A newcomer without Docker is told what to do, before anything is built."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_without_an_engine_the_remedy_is_told() -> None:
    run = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/local_fleet.yml"],
        cwd=ROOT,
        env=os.environ | {"DOCKER_HOST": "unix:///nowhere.sock", "FLEET": "nobody", "ANSIBLE_FORCE_COLOR": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    told = " ".join(run.stdout.split())
    assert "No Docker Engine answers on this machine: make setup installs and starts one." in told
    assert not (ROOT / ".state" / "nobody").exists()
