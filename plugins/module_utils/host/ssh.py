"""Over which SSH connection we were called, as whom, and whether that one could come with a key."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

# sshd_config(5), AuthorizedKeysFile.
KEY_FILES = (".ssh/authorized_keys", ".ssh/authorized_keys2")


def ssh_connection() -> str:
    """Return the connection over which this process was started, as sshd names it; nothing where it was not."""
    return _environment().get("SSH_CONNECTION", "")


def ssh_user() -> str:
    """Return who logged in over that connection, whoever he became since; nothing where there is none."""
    environment = _environment()
    return environment.get("SUDO_USER") or environment.get("USER", "")


def authorized_keys(user: str) -> int:
    """Return how many public keys a user's own files let log in."""
    try:
        home = Path(pwd.getpwnam(user).pw_dir)
    except KeyError:
        return 0
    return sum(_count_keys(home / name) for name in KEY_FILES)


def _count_keys(path: Path) -> int:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    return sum(1 for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _environment() -> dict[str, str]:
    """Return the environment of the nearest process, this one or above, that knows of an SSH connection.

    sudo takes SSH_CONNECTION out of the environment, so the processes above are asked.
    """
    pid = os.getpid()
    while pid > 1:
        try:
            entries = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
            # The name in brackets may hold spaces: proc_pid_stat(5).
            pid = int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except OSError:
            return {}
        environment = dict(entry.split("=", 1) for entry in entries if "=" in entry)
        if "SSH_CONNECTION" in environment:
            return environment
    return {}
