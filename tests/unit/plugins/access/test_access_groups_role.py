"""Role security_groups in a play: once for all hosts, from the controller, and only where there is AWS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from access.ec2_groups import find
from aws import CREDENTIALS, Account, stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[4]
PLAYBOOK = """
- hosts: db:backend:frontend:edge:build
  gather_facts: false
  roles:
    - role: security_groups
      security_groups_only_narrow: {only_narrow}
"""


@pytest.fixture
def account() -> Iterator[Account]:
    with stand_in() as url:
        yield Account(url)


def play(
    tmp_path: Path,
    account: Account,
    *options: str,
    only_narrow: bool = False,
    environment: dict[str, str] | None = None,
) -> str:
    """Run the role for the local fleet's inventory, of which no host is there; return what was printed."""
    path = tmp_path / "play.yml"
    path.write_text(PLAYBOOK.format(only_narrow=str(only_narrow).lower()))
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "EC2_", "FLEET"))}
    kept |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "1"}
    kept |= {"FLEET": account.tags["environment"], "AWS_EC2_METADATA_DISABLED": "true", **(environment or {})}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(ROOT / "inventory/local.yml")]
    done = subprocess.run(
        [*command, str(path), *options], env=kept, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_groups_of_the_environment_are_narrowed_and_opened(tmp_path: Path, account: Account) -> None:
    given = CREDENTIALS | {"AWS_ENDPOINT_URL": account.url}
    managed = "-e", "security_groups_managed=true"
    assert "changed=1" not in play(tmp_path, account, *managed, only_narrow=True, environment=given), (
        "there is nothing to shut"
    )
    assert "changed=1" in play(tmp_path, account, *managed, environment=given)
    groups = find(account.client, account.tags)
    assert "tcp 5432 from tier backend (postgres)" in groups["db"].rules.lines()
    assert "tcp 22 from 198.18.0.1/32 (ssh: operators)" in groups["build"].rules.lines()
    assert "changed=1" not in play(tmp_path, account, *managed, environment=given)


def test_without_aws_nothing_is_asked_of_it(tmp_path: Path, account: Account) -> None:
    printed = play(tmp_path, account)
    assert "skipping" in printed
    assert "changed=1" not in printed
