"""The controller's timer runs the renewal of certificates, from wherever it was made."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INVENTORY = ROOT / "inventory" / "production.example.yml"
UNIT = f"jobfolio-certificates-{INVENTORY.stem}"


@pytest.fixture
def user(tmp_path: Path) -> dict[str, str]:
    """A user whose systemd is noted what it is told; units are judged by the real one's program."""
    for name in ("systemctl", "loginctl"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/told\n')
        (tmp_path / name).chmod(0o755)
    return {"HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def timer(user: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "scripts" / "renewal-timer"), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=user, cwd=INVENTORY.parent)


def test_systemd_takes_the_units_and_they_run_the_playbook_with_the_vault(user: dict[str, str], tmp_path: Path) -> None:
    password = tmp_path / "vault password"
    password.write_text("x")
    assert timer(user | {"ANSIBLE_VAULT_PASSWORD_FILE": str(password)}, INVENTORY.name).returncode == 0
    units = tmp_path / ".config" / "systemd" / "user"
    paths = [str(units / f"{UNIT}.{kind}") for kind in ("service", "timer")]
    judged = subprocess.run(["systemd-analyze", "verify", *paths], check=False, capture_output=True, text=True)
    assert (judged.returncode, judged.stderr) == (0, "")
    service = Path(paths[0]).read_text()
    assert f'ExecStart="{ROOT}/.venv/bin/ansible-playbook" "--inventory={INVENTORY}" playbooks/renew_cert' in service
    assert f'Environment="ANSIBLE_VAULT_PASSWORD_FILE={password}"' in service
    assert f"systemctl --user enable --now {UNIT}.timer" in (tmp_path / "told").read_text().splitlines()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Name the inventory"),
        (["none.yml"], "Name the inventory"),
        ([INVENTORY.name, "now and then"], "now and then"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    user: dict[str, str], tmp_path: Path, words: list[str], said: str
) -> None:
    ran = timer(user, *words)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert not (tmp_path / ".config").exists()
