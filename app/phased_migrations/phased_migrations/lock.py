"""One schema change at a time."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

LOCK_KEY = int.from_bytes(b"alembic")
PATIENCE = 600.0  # seconds to wait for another upgrade, or for a table that is in use

HOLDER = text(
    "SELECT format('pid %s, user %s, since %s', pid, usename, backend_start::timestamptz(0))"
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = :key"
)


class MigrationLockTimeoutError(RuntimeError):
    """Another upgrade, or a busy table, outlasted our patience. Flask-Migrate prints it as one sentence."""


@contextmanager
def migration_lock(engine: Engine, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the advisory lock of schema changes.

    It is a session lock on a connection of its own: on Alembic's connection it would not survive `autocommit_block`.
    It is polled: a waiter blocked inside `pg_advisory_lock` holds a snapshot that CREATE INDEX CONCURRENTLY waits for.
    Raises MigrationLockTimeoutError, naming the holder, after `patience` seconds.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # closed, not pooled, at the end: with the session goes the lock, whatever happened
        deadline = time.monotonic() + patience
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}):
            if time.monotonic() > deadline:
                holder = connection.scalar(HOLDER, {"key": LOCK_KEY}) or "gone meanwhile: try again"
                raise MigrationLockTimeoutError(
                    f"Another schema change has been running for {patience:.0f} s ({holder})."
                )
            pause(0.1, 0.4)
        yield


def pause(shortest: float, longest: float) -> None:
    """Sleep for a while (seconds) that differs between those who wait for the same thing."""
    time.sleep(random.uniform(shortest, longest))  # noqa: S311 - jitter, not a secret
