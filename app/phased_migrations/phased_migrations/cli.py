"""`flask phases`: what each revision is, whether the history can be rolled out, and a trial of both."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import with_appcontext

from .history import head_file, only_head, phases_of, sufficient
from .lock import MigrationLockTimeoutError
from .phase import Phase, PhaseError, phase_of
from .rehearsal import ExerciseError, RehearsalError
from .rehearsal import exercise as run_exercise
from .rehearsal import rehearse as run_rehearsal


@click.group()
def phases() -> None:
    """Look at the phases of the schema's history, and try it out."""


@contextmanager
def _history() -> Iterator[ScriptDirectory]:
    """Give the history; what is wrong with it becomes one sentence on the terminal."""
    try:
        yield ScriptDirectory(str(current_app.extensions["migrate"].directory))
    except PhaseError as error:
        raise click.ClickException(str(error)) from error


@phases.command("list")
@with_appcontext
def list_phases() -> None:
    """List every revision with its phase and why it is that one, newest first."""
    with _history() as directory:
        for script in directory.walk_revisions():
            verdict = phase_of(script)
            click.echo(f"{script.revision}  {verdict.phase:<8}  {script.doc}  ({verdict.reason})")


@phases.command()
@with_appcontext
def check() -> None:
    """Fail with a sentence where the history has two heads, a wrong head file or a phase that makes no sense."""
    with _history() as directory:
        phases_of(directory)
        works_on = sufficient(directory)
        click.echo(f"head {only_head(directory)}, needed by this release: {works_on[-1] if works_on else None}")


@phases.command("works-on")
@with_appcontext
def works_on() -> None:
    """Print the revisions that this release works on, newest first, in one line."""
    with _history() as directory:
        click.echo(" ".join(sufficient(directory)))


@phases.command()
@with_appcontext
def head() -> None:
    """Write the head file anew, after two branches were put in a row."""
    with _history() as directory:
        heads = directory.get_heads()
        if len(heads) != 1:
            raise PhaseError(f"The history has {len(heads)} heads: put its revisions in a row first.")
        head_file(directory).write_text(f"{heads[0]}\n")
        click.echo(f"{head_file(directory)}: {heads[0]}")


@phases.command()
@click.option(
    "--phase",
    type=click.Choice([phase.value for phase in Phase]),
    default="expand",
    help="Which revisions; expand by default.",
)
@with_appcontext
def rehearse(phase: str) -> None:
    """Apply a phase's pending revisions to a scratch database, and print what they executed.

    The database is the one that the application's configuration names. The last line is JSON: a list of objects with
    the members revision and statements.
    """
    try:
        applied = run_rehearsal(Phase(phase))
    except (PhaseError, RehearsalError, MigrationLockTimeoutError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps([asdict(one) for one in applied]))


@phases.command()
@with_appcontext
def exercise() -> None:
    """Use the application as its clients do, on the database that its configuration names."""
    try:
        run_exercise()
    except ExerciseError as error:
        raise click.ClickException(str(error)) from error
    click.echo("The application works on this schema.")
