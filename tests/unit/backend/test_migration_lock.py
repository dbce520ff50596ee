"""One schema change at a time, and none that makes the application wait.

UPGRADES_AT_ONCE=20 starts so many at once; without it six, each being a process that takes a second to load.
"""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer
from time import monotonic, perf_counter, sleep

import pytest
from jobfolio.config import REPOSITORY_MIGRATIONS
from phased_migrations.lock import LOCK_KEY, MigrationLockTimeoutError, migration_lock
from phased_migrations.waits import Blockers, limit_waits, retry_while_locked
from psycopg.errors import DeadlockDetected
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from unit.backend.conftest import Database
from unit.backend.upgrades import start_upgrade

UPGRADES_AT_ONCE = int(os.environ.get("UPGRADES_AT_ONCE", "6"))

SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'jobfolio_owner'"
POLLING = SESSIONS + " AND query LIKE '%pg_try_advisory_lock%'"
BLOCKED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
# Counted for a database when the session ends that was in one.
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def engine_of(database: Database) -> Engine:
    home, port = str(database.cluster.home), database.cluster.port
    return create_engine(URL.create("postgresql+psycopg", "postgres", host=home, port=port, database=database.name))


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    made = engine_of(database)
    yield made
    made.dispose()


def wait_until(database: Database, query: str, number: int) -> None:
    """Poll until a query gives this number."""
    deadline = monotonic() + 300
    while (found := database.sql(query)) != [(number,)]:
        assert monotonic() < deadline, f"{found} never became {number}: {query}"
        sleep(0.05)


def test_upgrades_at_once_apply_each_revision_once_and_all_succeed_without_a_deadlock(
    empty_database: Database,
) -> None:
    history = [path.read_text() for path in Path(REPOSITORY_MIGRATIONS, "versions").glob("*.py")]
    assert any("postgresql_concurrently=True" in revision for revision in history)
    engine = engine_of(empty_database)
    # None of them begins before all are there.
    with migration_lock(engine):
        upgrades = [start_upgrade(empty_database) for _ in range(UPGRADES_AT_ONCE)]
        wait_until(empty_database, POLLING, UPGRADES_AT_ONCE)
        start = perf_counter()
    engine.dispose()
    logs = [upgrade.communicate(timeout=300)[1] for upgrade in upgrades]
    print(f"{len(upgrades)} upgrades that began at once took {perf_counter() - start:.1f} s")

    assert [upgrade.returncode for upgrade in upgrades] == [0] * UPGRADES_AT_ONCE, "\n".join(logs)
    assert sorted(log.count("Running upgrade") for log in logs) == [0] * (UPGRADES_AT_ONCE - 1) + [len(history)]
    assert empty_database.sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid OR NOT indisready") == [(0,)]
    wait_until(empty_database, SESSIONS, 0)
    assert empty_database.sql(DEADLOCKS) == [(0,)]


def test_were_the_lock_waited_for_instead_of_polled_a_concurrent_build_would_deadlock(database: Database) -> None:
    connect, wait_for_it = database.cluster.connect, f"SELECT pg_advisory_lock({LOCK_KEY})".encode()
    with ThreadPoolExecutor(2) as pool, connect(database.name) as waiter, connect(database.name) as holder:
        holder.execute(wait_for_it)
        waiting = pool.submit(waiter.execute, wait_for_it)
        wait_until(database, BLOCKED, 1)
        building = pool.submit(
            holder.execute, "CREATE INDEX CONCURRENTLY ix_job_postings_title ON job_postings (title)"
        )
        with pytest.raises(DeadlockDetected):
            [either.result(60) for either in (building, waiting)]
    wait_until(database, DEADLOCKS, 1)


def test_waiter_gives_up_naming_the_holder(engine: Engine) -> None:
    with (
        migration_lock(engine),
        pytest.raises(MigrationLockTimeoutError, match=r"pid \d+, user postgres, since 2"),
        migration_lock(engine, patience=0.3),
    ):
        pytest.fail("two held the lock")


def test_lock_is_free_again_afterwards_even_after_a_failure(engine: Engine, database: Database) -> None:
    with pytest.raises(ZeroDivisionError), migration_lock(engine):
        raise ZeroDivisionError
    with migration_lock(engine, patience=1):
        assert database.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(1,)]


def test_key_is_the_bytes_alembic() -> None:
    assert LOCK_KEY.to_bytes(7) == b"alembic"


def test_ddl_gives_up_its_place_in_the_queue_after_half_a_second(engine: Engine, database: Database) -> None:
    with database.cluster.connect(database.name) as reader, reader.transaction(), engine.connect() as connection:
        reader.execute("SELECT * FROM job_postings")
        limit_waits(connection)
        start = perf_counter()
        with pytest.raises(OperationalError, match="lock timeout"), connection.begin():
            connection.execute(text("ALTER TABLE job_postings ADD COLUMN x int"))
        assert 0.4 < perf_counter() - start < 2


def test_autocommit_blocks_may_take_their_time(engine: Engine) -> None:
    with engine.connect() as connection:
        limit_waits(connection)
        with connection.begin():
            assert connection.scalar(text("SHOW statement_timeout")) == "5s"
        connection.execution_options(isolation_level="AUTOCOMMIT")
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
        assert connection.scalar(text("SHOW lock_timeout")) == "0"


def test_upgrade_waits_for_a_table_in_use_and_then_succeeds(database: Database) -> None:
    assert database.flask_db("downgrade", "--", "-2").exit_code == 0
    reader = database.cluster.connect(database.name)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM resume_documents")
    released = Timer(1.5, reader.close)
    released.start()
    start = perf_counter()
    result = database.flask_db("upgrade")
    released.join()
    assert result.exit_code == 0, result.output
    assert perf_counter() - start > 1.5


def test_whoever_keeps_a_table_for_too_long_is_named_with_what_he_did(engine: Engine, database: Database) -> None:
    blockers = Blockers()

    def alter() -> None:
        with engine.connect() as connection:
            limit_waits(connection)
            with blockers.of(connection, engine), connection.begin():
                connection.execute(text("ALTER TABLE job_postings ADD COLUMN x int"))

    with database.cluster.connect(database.name) as reader, reader.transaction():
        reader.execute("SELECT title FROM job_postings")
        pid = reader.info.backend_pid
        with pytest.raises(MigrationLockTimeoutError) as refused:
            retry_while_locked(alter, blockers, patience=0.1)
    said = str(refused.value)
    assert re.search(rf"pid {pid}, user postgres, idle in transaction for \d+ s: SELECT title FROM job", said)  # noqa: S608 - no SQL
    assert "The statement was: ALTER TABLE job_postings" in said


def test_an_upgrade_gives_up_after_the_patience_it_was_given(database: Database) -> None:
    assert database.flask_db("downgrade", "--", "-2").exit_code == 0
    with database.cluster.connect(database.name) as reader, reader.transaction():
        reader.execute("SELECT * FROM resume_documents")
        pid = reader.info.backend_pid
        result = database.flask_db("upgrade", "-x", "patience=0")
    assert result.exit_code == 1
    assert f"A table stayed in use for 0 s by pid {pid}, user" in result.output


def test_other_failures_are_not_retried(engine: Engine) -> None:
    def fail() -> None:
        with engine.connect() as connection:
            connection.execute(text("SET statement_timeout = 1; SELECT pg_sleep(5)"))

    with pytest.raises(OperationalError, match="statement timeout"):
        retry_while_locked(fail, Blockers())
