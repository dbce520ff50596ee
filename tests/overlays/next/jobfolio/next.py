"""What the next release serves."""

from . import pronouns  # isort: skip  the application is made with the column
from jobfolio.wsgi import app

__all__ = ["app", "pronouns"]
