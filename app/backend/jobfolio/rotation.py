"""Secrets that change while the application serves: a file each, the one that is used in its first line.

Further lines are those that a rotation has under way: passwords that are tried next, keys that are still, or already,
accepted. Their file is replaced as a whole, so that its inode changes.
"""

import logging
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import Engine, event
from sqlalchemy.engine import Dialect

from .config import ConfigurationError, read_secret, session_keys

log = logging.getLogger(__name__)


def supply_password(engine: Engine, path: str | None) -> None:
    """Read the password anew for every connection, so that no rotation needs a restart and no URL holds one."""
    if path is None:
        return

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Dialect, _record: object, arguments: tuple[Any, ...], parameters: dict[str, Any]) -> object:
        *passwords, last = read_secret(path, "DATABASE_PASSWORD_FILE").splitlines()
        for password in passwords:
            try:
                return dialect.connect(*arguments, **parameters | {"password": password})
            except psycopg.OperationalError as error:
                if not _password_was_asked_for(error):
                    raise
        return dialect.connect(*arguments, **parameters | {"password": last})


def _password_was_asked_for(error: psycopg.OperationalError) -> bool:
    # Whatever language the server tells it in.
    return error.pgconn is not None and error.pgconn.used_password


class RotatingSessions(SecureCookieSessionInterface):
    """Sessions in signed cookies, by the keys that lie in the file now."""

    def __init__(self, path: str) -> None:
        """Take the path of the keys' file, which was read once already."""
        self._path, self._seen = Path(path), _identity(Path(path))

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Read the keys again where their file is another one, and give what signs with them."""
        try:
            if (identity := _identity(self._path)) != self._seen:
                app.config.update(session_keys({"SECRET_KEY_FILE": str(self._path)}, development=False))
                self._seen = identity
        except (OSError, ConfigurationError) as error:
            # Who is signed in stays so.
            log.error("keys of session cookies cannot be read again: %s", error)  # noqa: TRY400  one line says it
        return super().get_signing_serializer(app)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns
