"""`flask db upgrade` as a container runs it: a process of its own."""

import os
import subprocess
import sys

from unit.backend.conftest import Database
from unit.backend.server import BACKEND

COMMAND = [sys.executable, "-m", "flask", "--app", "jobfolio", "db", "upgrade"]


def start_upgrade(database: Database, *arguments: str, **env: str) -> subprocess.Popen[str]:
    """Start an upgrade as the owner of the schema; it logs to stderr."""
    whole = {
        **os.environ,
        **database.env("jobfolio_owner"),
        "PYTHONPATH": f"{BACKEND}:{BACKEND.with_name('phased_migrations')}",
        **env,
    }
    return subprocess.Popen([*COMMAND, *arguments], env=whole, stderr=subprocess.PIPE, text=True, cwd=BACKEND)
