"""One schema change at a time, and none that makes the application wait."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from time import perf_counter

import pytest
from jobfolio.config import REPOSITORY_MIGRATIONS
from phased_migrations.lock import LOCK_KEY, MigrationLockTimeoutError, migration_lock
from phased_migrations.waits import Blockers, limit_waits, retry_while_locked
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from unit.backend.conftest import Database


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    made = create_engine(
        URL.create(
            "postgresql+psycopg",
            "postgres",
            host=str(database.cluster.home),
            port=database.cluster.port,
            database=database.name,
        )
    )
    yield made
    made.dispose()


def test_six_upgrades_at_once_apply_each_revision_once_and_all_succeed(empty_database: Database) -> None:
    backend = REPOSITORY_MIGRATIONS.parents[1] / "app" / "backend"
    environment = {
        **os.environ,
        **empty_database.env("jobfolio_owner"),
        "PYTHONPATH": f"{backend}:{backend.with_name('phased_migrations')}",
    }
    command = [sys.executable, "-m", "flask", "--app", "jobfolio", "db", "upgrade"]
    upgrades = [
        subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=backend) for _ in range(6)
    ]
    logs = [upgrade.communicate(timeout=120)[1] for upgrade in upgrades]

    assert [upgrade.returncode for upgrade in upgrades] == [0] * 6, "\n".join(logs)
    revisions = len(list(Path(REPOSITORY_MIGRATIONS, "versions").glob("*.py")))
    assert sum(log.count("Running upgrade") for log in logs) == revisions
    assert sorted(log.count("Running upgrade") for log in logs) == [0] * 5 + [revisions]


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
