"""People whose requests read and write their profiles, and how long PostgreSQL lets their queries wait for a lock."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from threading import Event
from typing import Any

import psycopg
from unit.backend.conftest import Database
from unit.backend.postgres import PASSWORD

PEOPLE = """
    WITH people AS (
        INSERT INTO auth_users (email, password_hash)
        SELECT n || '@example.org', '$argon2id$x' FROM generate_series(1, {number}) n RETURNING id)
    INSERT INTO user_profiles (user_id) SELECT id FROM people RETURNING user_id"""

# Seconds, by the server's clock: a client that gets no processor does not count.
LONGEST_WAIT = """
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)::float8
    FROM pg_locks WHERE NOT granted AND pid = ANY(%s)"""


def connect(database: Database) -> psycopg.Connection[Any]:
    """Connect as the application does; each statement is a transaction."""
    return psycopg.connect(
        host="127.0.0.1",
        port=database.cluster.port,
        user="jobfolio_app",
        password=PASSWORD,
        dbname=database.name,
        sslmode="require",
        autocommit=True,
    )


class Visitors:
    """A number of sessions that share a steady rate of queries; what was late is made up for."""

    def __init__(self, database: Database, sessions: int = 16, rate: int = 300) -> None:
        self.rate = rate  # per second
        self.asked = 0
        self.seconds = 0.0
        self.longest_wait = 0.0  # seconds, for a lock
        self._database = database
        self._sessions = sessions
        self._tickets = count()
        self._end = Event()

    @contextmanager
    def visiting(self) -> Iterator["Visitors"]:
        """Ask and measure until the end of the block. Raises what a query that failed raised."""
        people = [person for (person,) in self._database.sql(PEOPLE.format(number=self._sessions))]
        with ExitStack() as stack:
            sessions = [stack.enter_context(connect(self._database)) for _ in people]
            pool = stack.enter_context(ThreadPoolExecutor(len(sessions) + 1))
            self._start = time.monotonic()
            asking = [pool.submit(self._ask, *pair) for pair in zip(sessions, people, strict=True)]
            watching = pool.submit(self._watch, [session.info.backend_pid for session in sessions])
            try:
                yield self
            finally:
                self._end.set()
            self.asked = sum(one.result(60) for one in asking)
            watching.result(60)
            self.seconds = time.monotonic() - self._start

    def _ask(self, session: psycopg.Connection[Any], person: object) -> int:
        asked = 0
        while not self._end.wait(self._start + next(self._tickets) / self.rate - time.monotonic()):
            if asked % 2:
                session.execute("UPDATE user_profiles SET version = version + 1 WHERE user_id = %s", [person])
            else:
                session.execute("SELECT full_name, version FROM user_profiles WHERE user_id = %s", [person])
            asked += 1
        return asked

    def _watch(self, pids: list[int]) -> None:
        with self._database.cluster.connect(self._database.name) as connection:
            while not self._end.wait(0.02):
                [(longest,)] = connection.execute(LONGEST_WAIT, [pids]).fetchall()
                self.longest_wait = max(self.longest_wait, longest)

    def __str__(self) -> str:
        return (
            f"{self.asked} queries, {self.asked / self.seconds:.0f} per second;"
            f" the longest wait for a lock took {self.longest_wait:.2f} s"
        )
