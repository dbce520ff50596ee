"""No schema change makes the application wait: bounded waits, retries, and the name of whoever is in the way."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from .lock import PATIENCE, MigrationLockTimeoutError, pause

log = logging.getLogger("alembic.lock")

LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE, PostgreSQL manual, appendix A

BLOCKERS = text(
    "SELECT format('pid %s, user %s, %s for %s s: %s', pid, usename, state,"
    " extract(epoch FROM now() - coalesce(xact_start, backend_start))::int,"
    " left(regexp_replace(query, '\\s+', ' ', 'g'), 200))"
    " FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids(:pid)) ORDER BY xact_start"
)


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


class Blockers:
    """Whom a session waits for, looked up by another session while it waits: afterwards nobody knows."""

    def __init__(self) -> None:
        self.last: list[str] = []

    @contextmanager
    def of(self, connection: Connection, engine: Engine) -> Iterator[None]:
        """Look every 100 ms, until the block ends, who is in the way of a connection."""
        self.last = []
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.commit()
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(engine, pid, done), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _watch(self, engine: Engine, pid: int, done: threading.Event) -> None:
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                while not done.wait(0.1):
                    self.last = list(connection.scalars(BLOCKERS, {"pid": pid})) or self.last
        except SQLAlchemyError:
            log.warning("Who is in the way of the schema change cannot be looked up.")


def retry_while_locked(run: Callable[[], None], blockers: Blockers, patience: float = PATIENCE) -> None:
    """Run a schema change again, after a pause that varies, as long as the tables it needs are locked by others.

    `run` must continue where it stopped: each revision is a transaction, so what was applied stays applied.
    Raises MigrationLockTimeoutError, naming whoever is in the way, after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return run()
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            found = "; ".join(blockers.last) or "somebody who was gone when looked for"
            if time.monotonic() > deadline:
                raise MigrationLockTimeoutError(
                    f"A table stayed in use for {patience:.0f} s by {found}. The statement was: {error.statement}"
                ) from error
            log.warning("A table is in use by %s; trying again.", found)
            pause(0.2, 1.5)
