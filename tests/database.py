"""The database as a backend's container reaches it, one that is large, and what of it is archived and backed up."""

from __future__ import annotations

import json
import shlex
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet import Fleet

# A GiB, which compresses better than what people write.
FILL = (
    "CREATE TABLE operations.filling AS SELECT n, "
    "(SELECT string_agg(md5((n + m)::text), '') FROM generate_series(1, 16) AS m) AS words "
    "FROM generate_series(1, 1900000) AS n"
)

# Runs in a backend's container: connects with what the backend itself has, and one thing made different.
CONNECT = """
import os, sys, json, psycopg
settings = dict(
    host=os.environ["DATABASE_HOST"], port=os.environ["DATABASE_PORT"], dbname=os.environ["DATABASE_NAME"],
    user=os.environ["DATABASE_USER"], password=open(os.environ["DATABASE_PASSWORD_FILE"]).readline().strip(),
    sslmode="verify-full", sslrootcert=os.environ["DATABASE_SSLROOTCERT"], connect_timeout=5,
)
settings.update(json.loads(sys.argv[1]))
try:
    with psycopg.connect(**settings) as connection:
        print(json.dumps(connection.execute(sys.argv[2]).fetchall() if sys.argv[2] else [], default=str))
except psycopg.Error as error:
    print(json.dumps(str(error)))
"""


def from_backend(fleet: Fleet, statement: str = "SELECT 1", **settings: str) -> list[list[object]] | str:
    """Rows of a statement that a backend's container runs in the database, or what the database answered instead."""
    host = fleet.hosts("backend")[0]
    container = next(name for name in fleet.containers(host) if name.startswith("backend-"))
    words = ["docker", "exec", container, "python", "-c", CONNECT, json.dumps(settings), statement]
    answer: list[list[object]] | str = json.loads(fleet.run(host, shlex.join(words)))
    return answer


@contextmanager
def filled(fleet: Fleet) -> Iterator[None]:
    """Fill the database with a GiB; have it as it was afterwards."""
    fleet.query(FILL)
    try:
        yield
    finally:
        fleet.query("DROP TABLE operations.filling")


def archived(fleet: Fleet) -> None:
    """Have everything that was written in the archive. After a failure PostgreSQL tries again a minute later."""
    piece = fleet.query("SELECT pg_walfile_name(pg_switch_wal())")
    end = time.monotonic() + 180
    while fleet.query("SELECT last_archived_wal FROM pg_stat_archiver") < piece:
        assert time.monotonic() < end, f"{piece} was not archived"
        time.sleep(0.5)


def info(fleet: Fleet) -> dict[str, Any]:
    """What pgBackRest tells of the repository."""
    told = fleet.run(fleet.hosts("build")[0], "docker exec backup pgbackrest --stanza=jobfolio --output=json info")
    found: dict[str, Any] = json.loads(told)[0]
    return found
