"""Talk to PostgreSQL in its container: by psql on the local socket, as the superuser."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class PsqlError(RuntimeError):
    """Psql failed. The message holds the first error that it printed."""


class NotRunningError(PsqlError):
    """There is no such container, or it is stopped."""


def psql(container: str, script: str, variables: Mapping[str, str]) -> str:
    """Return what psql prints for a script. The script goes through standard input and shows in no argument list.

    Raises:
        PsqlError: The container or psql is not there, or a statement failed.
    """
    settings = [f"--set={name}={value}" for name, value in variables.items()]
    ran = subprocess.run(  # noqa: S603 - no shell, and names only
        [
            *("docker", "exec", "--interactive", "--user=postgres", container),
            *("psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1", *settings),
            *("--username=postgres", "--dbname=postgres", "--file=-"),
        ],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    if "No such container" in ran.stderr or "is not running" in ran.stderr:
        raise NotRunningError(f"no such container runs: {container}")
    if ran.returncode != 0:
        raise PsqlError(first_error(ran.stderr) or f"psql ended with status {ran.returncode}")
    return ran.stdout


def configuration_errors(container: str, config_file: str) -> list[str]:
    """Return what the server itself finds wrong with its configuration as it lies there now.

    It is the running server's own program that reads the files. The view pg_file_settings does not tell a faulty value
    from one that needs a restart, and a restart with a faulty one would be the end of the service.
    """
    read = subprocess.run(  # noqa: S603 - no shell
        [
            *("docker", "exec", "--user=postgres", container),
            *("postgres", "-c", f"config_file={config_file}", "-C", "port"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return logged(read.stderr) if read.returncode != 0 else []


def logged(printed: str) -> list[str]:
    """Return the messages of PostgreSQL's log lines, without their prefixes."""
    return [match[1] for match in re.finditer(r"^.*?(?:LOG|FATAL):\s+(.*)$", printed, re.MULTILINE)]


def first_error(printed: str) -> str:
    """Return the first error of psql's output. The lines after it quote the statement, which may hold a verifier."""
    return next((line for line in printed.splitlines() if line.strip()), "")


def answers(printed: str) -> list[dict[str, Any]]:
    """Return the lines of JSON that psql printed."""
    return [json.loads(line) for line in printed.splitlines() if line.strip()]
