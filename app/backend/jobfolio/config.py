"""Read the configuration from the environment, once, when the application is made."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import URL, make_url

# Where the one history of the schema lies in a clone of the repository; an image says where in MIGRATIONS_DIR.
REPOSITORY_MIGRATIONS = (Path(__file__).parent / "../../../files/migrations").resolve()


class ConfigurationError(click.ClickException, RuntimeError):
    """The environment lacks something; the message says what to set.

    A ClickException prints as one sentence in `flask`, a RuntimeError does in gunicorn.
    """


def read_config(env: Mapping[str, str]) -> dict[str, Any]:
    """Turn environment variables into Flask's configuration.

    docs/development.md lists the variables. Raises ConfigurationError when one is missing or unreadable.
    """
    development = env.get("JOBFOLIO_DEVELOPMENT") == "1"
    threads = int(env.get("WEB_THREADS", "8"))
    return {
        "SQLALCHEMY_DATABASE_URI": database_url(env),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": threads,
            "max_overflow": 0,  # so that a deployment can size Postgres: workers * (threads + 1) connections
            "pool_timeout": 5,  # seconds
            "hide_parameters": True,  # what people entered stays out of error messages, hence out of logs
            "pool_pre_ping": True,  # a restarted database costs a round trip, not a failed request
            "connect_args": connect_args(statement_timeout=10_000),
        },
        "DATABASE_PASSWORD_FILE": env.get("DATABASE_PASSWORD_FILE"),
        "MIGRATIONS_DIR": env.get("MIGRATIONS_DIR", str(REPOSITORY_MIGRATIONS)),
        "RELEASE": env.get("RELEASE", "development"),
        "MAX_CONTENT_LENGTH": 1024 * 1024,  # bytes
        "PERMANENT_SESSION_LIFETIME": timedelta(days=7),
        # With every answer, one that comes after that of logging out would bring the session back.
        "SESSION_REFRESH_EACH_REQUEST": False,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        # Browsers hold a __Host- cookie to Secure, Path=/ and this very host.
        "SESSION_COOKIE_SECURE": not development,
        "SESSION_COOKIE_NAME": "jobfolio" if development else "__Host-jobfolio",
        **session_keys(env, development),
    }


def database_url(env: Mapping[str, str]) -> URL:
    """Build the database's address; the password is not part of it unless DATABASE_URL carries one."""
    if plain := env.get("DATABASE_URL"):
        return make_url(plain).set(drivername="postgresql+psycopg")
    required = (
        "DATABASE_HOST",
        "DATABASE_NAME",
        "DATABASE_USER",
        "DATABASE_PASSWORD_FILE",
    )
    if missing := [name for name in required if not env.get(name)]:
        raise ConfigurationError(
            f"{', '.join(missing)} not set: set {', '.join(required)}, or DATABASE_URL for development."
        )
    sslmode = env.get("DATABASE_SSLMODE", "verify-full")
    query = {"sslmode": sslmode}
    if sslmode.startswith("verify-"):
        if not (root := env.get("DATABASE_SSLROOTCERT")):
            raise ConfigurationError(
                f"DATABASE_SSLROOTCERT not set: DATABASE_SSLMODE={sslmode} needs the file of the server's CA."
            )
        query["sslrootcert"] = root
    return URL.create(
        "postgresql+psycopg",
        username=env["DATABASE_USER"],
        host=env["DATABASE_HOST"],
        port=int(env.get("DATABASE_PORT", "5432")),
        database=env["DATABASE_NAME"],
        query=query,
    )


def connect_args(statement_timeout: int) -> dict[str, Any]:
    """Give libpq's options (Postgres manual, 34.1.2) that bound every wait. Unit of statement_timeout: ms."""
    return {
        "connect_timeout": 3,  # seconds
        "tcp_user_timeout": 5_000,  # ms without an acknowledgement: a dead host is noticed
        "application_name": "jobfolio",
        "options": f"-c statement_timeout={statement_timeout}",
    }


def session_keys(env: Mapping[str, str], development: bool) -> dict[str, Any]:
    """Read the keys that sign session cookies: SECRET_KEY_FILE's first line signs, further lines are still accepted.

    Without any, commands such as `flask db upgrade` work, and serving is refused (see wsgi.py).
    """
    if path := env.get("SECRET_KEY_FILE"):
        keys = read_secret(path, "SECRET_KEY_FILE").split()
        # All of them, so that no request misses one between the changes of both.
        return {"SECRET_KEY": keys[0], "SECRET_KEY_FALLBACKS": keys}
    return {"SECRET_KEY": "development" if development else None}


def read_secret(path: str, variable: str) -> str:
    """Read a secret's file, without its surrounding white space. Raises ConfigurationError naming the variable."""
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{variable} cannot be read: {error.strerror} ({path}).") from None
    if not secret:
        raise ConfigurationError(f"{variable} is empty ({path}).")
    return secret
