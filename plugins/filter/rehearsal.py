"""What a rehearsal of a release's migrations runs, and what it makes of the answers."""

from __future__ import annotations

import json
import re
from shlex import quote
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

BEGINS = "Rehearsal: "
ERROR = re.compile(r"^(?:.*\] )?Error: (.*)$", re.MULTILINE)


def rehearsal_script(acts: Sequence[Mapping[str, str]], users: Mapping[str, str]) -> str:
    """Return the shell script of some acts, which ends with the first of them that fails.

    Args:
        acts: With ``command``, ``role`` that it connects as, and what it ``shows``, in words.
        users: The database's roles by what acts call them. ``/run/secrets/ROLE_password`` holds the password.
    """
    lines = []
    for act in acts:
        role = act["role"]
        login = f"DATABASE_USER={users[role]} DATABASE_PASSWORD_FILE=/run/secrets/{role}_password"
        lines += [f"echo {quote(BEGINS + act['shows'])}", f"{login} {act['command']}"]
    return "\n".join(lines)


def rehearsal_applied(output: str) -> list[dict[str, Any]]:
    """Return the revisions that ``flask phases rehearse`` has applied, each with its ``statements``."""
    told = [line for line in output.splitlines() if line.startswith("[{")]
    applied: list[dict[str, Any]] = json.loads(told[-1]) if told else []
    return applied


def rehearsal_sql(applied: Sequence[Mapping[str, Any]]) -> str:
    """Return what revisions have executed as one text, for squawk."""
    return "".join(f"{line}\n" for line, _ in _lines(applied))


def rehearsal_findings(report: str, applied: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what squawk finds wrong with that text, a sentence each that names the revision.

    Args:
        report: What squawk printed, by its reporter ``json``.
        applied: The revisions that the text was made of.
    """
    revisions = [revision for _, revision in _lines(applied)]
    return [
        f"Revision {revisions[found['line']]}: {found['message']} (squawk's rule {found['rule_name']})"
        for found in json.loads(report)
    ]


def rehearsal_refusal(output: str) -> str:
    """Return in one sentence which act failed and why, from what its container printed."""
    act = [line.removeprefix(BEGINS) for line in output.splitlines() if line.startswith(BEGINS)]
    errors = ERROR.findall(output)
    said = errors or [line for line in output.splitlines() if line.strip()] or ["nothing was printed"]
    return ": ".join([*act[-1:], said[-1].strip()])


def _lines(applied: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the lines of the text, each with its revision."""
    for one in applied:
        for statement in one["statements"]:
            # On a line of its own: a statement may end with a comment.
            for line in [*statement.splitlines(), ";"]:
                yield line, one["revision"]


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {
            "rehearsal_applied": rehearsal_applied,
            "rehearsal_findings": rehearsal_findings,
            "rehearsal_refusal": rehearsal_refusal,
            "rehearsal_script": rehearsal_script,
            "rehearsal_sql": rehearsal_sql,
        }
