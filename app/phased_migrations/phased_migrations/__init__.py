"""Expand and contract for Flask-Migrate applications.

`env.py` calls `environment.run()`; the application calls `init_app` and gives its metadata `NAMING_CONVENTION`.
"""

from flask import Flask

from .cli import phases
from .naming import NAMING_CONVENTION
from .phase import Phase, PhaseError

__all__ = ["NAMING_CONVENTION", "Phase", "PhaseError", "init_app"]


def init_app(app: Flask) -> None:
    """Give an application the commands `flask phases …`."""
    app.cli.add_command(phases)
