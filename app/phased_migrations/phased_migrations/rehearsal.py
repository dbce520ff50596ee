"""Pending revisions tried where nobody minds: on a scratch database, with the code of either release."""

from collections.abc import Callable

from alembic import command
from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError

from .lock import MigrationLockTimeoutError
from .phase import Phase, PhaseError
from .recording import RECORDER, Applied, Recorder

Exercise = Callable[[Flask], None]
EXERCISE = "phased_migrations.exercise"  # key in app.extensions


class RehearsalError(RuntimeError):
    """A revision failed. The message is one sentence that names it."""


class ExerciseError(RuntimeError):
    """An operation of the application did not do what it should. The message is one sentence that names it."""


def rehearse(phase: Phase) -> list[Applied]:
    """Apply the pending revisions of a phase to the application's database, and give what they executed, in order.

    Raises PhaseError or MigrationLockTimeoutError as `flask db upgrade` does, and RehearsalError where one fails.
    """
    recorder = Recorder()
    config = current_app.extensions["migrate"].migrate.get_config(x_arg=[f"phase={phase}"])
    config.attributes[RECORDER] = recorder
    try:
        command.upgrade(config, "head")
    except (PhaseError, MigrationLockTimeoutError):
        raise
    except Exception as error:  # a revision may raise anything
        if not recorder.applied:
            raise
        raise RehearsalError(f"Revision {recorder.applied[-1].revision} fails: {_cause(error)}") from error
    return recorder.applied


def exercise() -> None:
    """Run what the application has registered as its exercise, against its database.

    Raises ExerciseError, also where nothing was registered.
    """
    registered: Exercise | None = current_app.extensions[EXERCISE]
    if registered is None:
        raise ExerciseError("No exercise is registered: give phased_migrations.init_app() one.")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - as Flask documents it
    registered(app)


def _cause(error: Exception) -> str:
    """Say in one line what went wrong, and in which statement."""
    if not isinstance(error, DBAPIError):
        return f"{type(error).__name__}: {error}"
    said = str(error.orig).splitlines()[0]
    return f"{said} ({' '.join((error.statement or '').split())})"
