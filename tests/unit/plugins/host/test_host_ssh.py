"""Who came over SSH, and whether a key of his could."""

from __future__ import annotations

import pwd
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from host import ssh

if TYPE_CHECKING:
    from collections.abc import Mapping

SEEN = "198.18.0.1 40000 198.18.0.11 22"
ASK = f"import sys; sys.path.insert(0, {str(Path(ssh.__file__).parents[1])!r}); from host.ssh import *"
ASK += "; print(ssh_user(), ssh_connection(), sep=';')"


def told(session: Mapping[str, str], become: Mapping[str, str]) -> str:
    """What a process finds that runs with one environment below another with that of the session."""
    below = ["env", "-i", *(f"{name}={value}" for name, value in become.items()), sys.executable, "-c", ASK]
    # What follows keeps the shell from giving its own process away.
    command = ["sh", "-c", '"$@"; true', "sh", *below]
    return subprocess.run(command, env=session, check=True, capture_output=True, text=True).stdout.strip()


def test_who_logged_in_is_known_behind_sudo_and_su() -> None:
    session = {"SSH_CONNECTION": SEEN, "USER": "ana", "PATH": "/usr/bin:/bin"}
    assert told(session, {"USER": "root", "SUDO_USER": "ana"}) == f"ana;{SEEN}"
    assert told(session, {"USER": "root"}) == f"ana;{SEEN}"
    kept = {"SSH_CONNECTION": SEEN, "USER": "root", "SUDO_USER": "ana"}
    assert told(session, kept) == f"ana;{SEEN}"
    assert told(session | {"USER": "root"}, {}) == f"root;{SEEN}"


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({}, 0),
        ({"authorized_keys": "# none\n\n"}, 0),
        ({"authorized_keys": "ssh-ed25519 AAAA ana\n# old\n  \nrestrict ssh-rsa BBBB\n"}, 2),
        ({"authorized_keys2": "ssh-ed25519 AAAA"}, 1),
    ],
)
def test_the_keys_in_a_users_own_files_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], count: int
) -> None:
    (tmp_path / ".ssh").mkdir()
    for name, text in files.items():
        (tmp_path / ".ssh" / name).write_text(text)
    monkeypatch.setattr(pwd, "getpwnam", lambda _: SimpleNamespace(pw_dir=str(tmp_path)))
    assert ssh.authorized_keys("ana") == count


def test_a_user_who_does_not_exist_has_no_key() -> None:
    assert ssh.authorized_keys("") == 0
