"""A rehearsal as role rehearsal has it, by the same acts, script and settings, on the tests' own server."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from filter.rehearsal import BEGINS, rehearsal_applied, rehearsal_findings, rehearsal_refusal, rehearsal_sql
from jobfolio import create_app
from jobfolio.config import REPOSITORY_MIGRATIONS
from unit.backend.conftest import Database, close

if TYPE_CHECKING:
    from collections.abc import Collection

ROOT = Path(__file__).parents[3]
ROLE = ROOT / "roles" / "rehearsal"
PLAN: dict[str, Any] = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())
JUDGES: list[str] = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())["rehearsal_judges"]
HEAD = (REPOSITORY_MIGRATIONS / "versions" / ".head").read_text().strip()

REVISION = '''"""{title}."""
from alembic import op
revision = {name!r}
down_revision = {down!r}
phase = {phase!r}

def upgrade():
    for statement in {statements!r}:
        if "CONCURRENTLY" in statement:
            with op.get_context().autocommit_block():
                op.execute(statement)
        else:
            op.execute(statement)

def downgrade():
    pass
'''


def write_history(folder: Path, expand: Collection[str], contract: Collection[str] = ()) -> Path:
    """Write the next release's history: the repository's, and behind it what these statements do."""
    shutil.copytree(REPOSITORY_MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    down = HEAD
    for phase, statements in (("expand", expand), ("contract", contract)):
        if statements:
            text = REVISION.format(
                title=phase.capitalize(), name=phase, down=down, phase=phase, statements=list(statements)
            )
            (folder / "versions" / f"{phase}.py").write_text(text)
            down = phase
    (folder / "versions" / ".head").write_text(down + "\n")
    return folder


def make_scratch(production: Database, free_mib: int = 0) -> Database:
    """Make the database that a rehearsal takes place in. Raises CalledProcessError, whose `stderr` says why not."""
    cluster, name = production.cluster, f"{production.name}_rehearsal"
    env = {"PATH": f"{cluster.bin}:{os.environ['PATH']}", "PGHOST": str(cluster.home), "PGPORT": str(cluster.port)}
    subprocess.run(
        ["bash", ROLE / "files" / "scratch.sh", production.name, name, str(free_mib)],
        env=env | {"PGUSER": "postgres"},
        check=True,
        capture_output=True,
        text=True,
    )
    return Database(cluster, name, production.secrets)


def rehearse(production: Database, history: Path, judges: Collection[str] = tuple(JUDGES)) -> list[str]:
    """Rehearse a history; gives why it is refused, nothing where it is not."""
    scratch = make_scratch(production)
    try:
        for run in PLAN["__rehearsal_runs"]:
            acts = [act for act in PLAN["__rehearsal_acts"] if act["judge"] in run["judges"]]
            output = ""
            for act in (act for act in acts if act["judge"] in {"expand", *judges}):
                status, said = _run(scratch, history, act)
                output += said
                if status:
                    return [rehearsal_refusal(output)]
            if "expand" in run["judges"] and "squawk" in judges and (found := _squawk(output)):
                return found
        return []
    finally:
        scratch.cluster.sql(f"DROP DATABASE {scratch.name} WITH (FORCE)")


def _run(scratch: Database, history: Path, act: dict[str, str]) -> tuple[int, str]:
    """Run an act as its container would; gives its status and what it printed. Both releases have the same code."""
    env = scratch.env(f"jobfolio_{act['role']}")
    del env["SECRET_KEY_FILE"]
    app = create_app(env | ({"MIGRATIONS_DIR": str(history)} if act["release"] == "new" else {}))
    try:
        ran = app.test_cli_runner().invoke(args=act["command"].split()[1:])
        return ran.exit_code, f"{BEGINS}{act['shows']}\n{ran.output}"
    finally:
        close(app)


def _squawk(output: str) -> list[str]:
    applied = rehearsal_applied(output)
    ran = subprocess.run(
        PLAN["__rehearsal_squawk"], input=rehearsal_sql(applied), capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert ran.returncode in (0, 1), ran.stderr
    return rehearsal_findings(ran.stdout, applied)
