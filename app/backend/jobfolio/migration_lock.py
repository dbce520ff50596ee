"""One schema change at a time, and none that makes the application wait: used by files/migrations/env.py."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError

log = logging.getLogger("alembic.lock")

LOCK_KEY = int.from_bytes(b"alembic")
PATIENCE = 600.0  # seconds to wait for another upgrade, or for a table that is in use
LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE, Postgres manual, appendix A

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


def limit_waits(connection: Connection) -> None:
    """Bound every transaction on a connection: 500 ms for a lock, 5 s a statement.

    A DDL statement queued for a lock makes all later readers of its table queue behind it. Autocommit blocks are left
    alone: what needs one (CREATE INDEX CONCURRENTLY) takes long by design and makes nobody wait.
    """
    connection.execute(text("SET statement_timeout = 0"))  # lifts the limit that web requests have
    connection.commit()

    @event.listens_for(connection, "begin")
    def set_timeouts(begun: Connection) -> None:
        if begun.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            begun.exec_driver_sql("SET LOCAL lock_timeout = '500ms'")
            begun.exec_driver_sql("SET LOCAL statement_timeout = '5s'")


def retry_while_locked(run: Callable[[], None], patience: float = PATIENCE) -> None:
    """Run a schema change again, after a pause that varies, as long as the tables it needs are locked by others.

    `run` must continue where it stopped: each revision is a transaction, so what was applied stays applied.
    Raises MigrationLockTimeoutError after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return run()
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            if time.monotonic() > deadline:
                raise MigrationLockTimeoutError(
                    f"A table stayed in use for {patience:.0f} s; the statement was: {error.statement}"
                ) from error
            log.warning("A table is in use; trying again.")
            pause(0.2, 1.5)


def pause(shortest: float, longest: float) -> None:
    """Sleep for a while (seconds) that differs between those who wait for the same thing."""
    time.sleep(random.uniform(shortest, longest))  # noqa: S311 - jitter, not a secret
