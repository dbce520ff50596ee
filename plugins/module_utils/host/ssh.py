"""Over which SSH connection we were called."""

from __future__ import annotations

import os
from pathlib import Path


def ssh_connection() -> str:
    """Return the connection over which this process was started, as sshd names it; nothing where it was not.

    sudo takes SSH_CONNECTION out of the environment, so the processes above are asked.
    """
    pid = os.getpid()
    while pid > 1:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            # The name in brackets may hold spaces: proc_pid_stat(5).
            pid = int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except OSError:
            return ""
        for entry in environment:
            if entry.startswith(b"SSH_CONNECTION="):
                return entry.partition(b"=")[2].decode()
    return ""
