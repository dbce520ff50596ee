"""`flask phases`: what each revision of the history is, and whether the history can be rolled out."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import with_appcontext

from .history import head_file, only_head, phases_of, sufficient
from .phase import PhaseError, phase_of


@click.group()
def phases() -> None:
    """Look at the phases of the schema's history."""


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
