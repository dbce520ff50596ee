"""Expand and contract for Flask-Migrate applications.

`env.py` calls `environment.run()`; the application calls `init_app` and gives its metadata `NAMING_CONVENTION`.
"""

from flask import Flask

from .cli import phases
from .naming import NAMING_CONVENTION
from .phase import Phase, PhaseError
from .rehearsal import EXERCISE, Exercise, ExerciseError

__all__ = ["NAMING_CONVENTION", "Exercise", "ExerciseError", "Phase", "PhaseError", "init_app"]


def init_app(app: Flask, exercise: Exercise | None = None) -> None:
    """Give an application the commands `flask phases …`.

    `exercise` uses the application as its clients do, leaves nothing behind, and raises ExerciseError where something
    does not work; `flask phases exercise` runs it.
    """
    app.extensions[EXERCISE] = exercise
    app.cli.add_command(phases)
