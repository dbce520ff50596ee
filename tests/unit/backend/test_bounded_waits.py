"""People do not notice a migration that cannot get its table."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from unit.backend.conftest import Database
from unit.backend.rehearsals import write_history
from unit.backend.upgrades import start_upgrade
from unit.backend.visitors import Visitors, connect

# Needs ACCESS EXCLUSIVE, for a moment.
ADD_COLUMN = "ALTER TABLE user_profiles ADD COLUMN pronouns text"
READ = "SELECT summary FROM user_profiles"
LIMIT = 1.0  # seconds that a query may wait


@pytest.fixture
def idle(database: Database) -> Iterator[psycopg.Connection[object]]:
    """Somebody who has read a table, and has not ended his transaction since."""
    with connect(database) as somebody:
        somebody.execute("BEGIN")
        somebody.execute(READ)
        yield somebody


def test_no_query_waits_for_a_second_while_a_migration_fails_to_get_its_table(
    database: Database, idle: psycopg.Connection[object], tmp_path: Path
) -> None:
    history = write_history(tmp_path / "new", [ADD_COLUMN])
    with Visitors(database).visiting() as visitors:
        upgrade = start_upgrade(database, "-x", "phase=expand", "-x", "patience=3", MIGRATIONS_DIR=str(history))
        said = upgrade.communicate(timeout=120)[1]
    print(f"{visitors}; {said.count('trying again') + 1} tries")

    assert upgrade.returncode == 1, said
    assert "trying again" in said
    blocker = f"pid {idle.info.backend_pid}, user jobfolio_app, idle in transaction"
    assert re.search(rf"A table stayed in use for 3 s by .*{blocker} for \d+ s: {READ}", said), said
    assert f"The statement was: {ADD_COLUMN}" in said
    # They did queue behind it, and were let through.
    assert 0 < visitors.longest_wait <= LIMIT


def test_with_the_limit_taken_off_they_wait_for_longer(
    database: Database, idle: psycopg.Connection[object], tmp_path: Path
) -> None:
    history = write_history(
        tmp_path / "new", ["SET LOCAL lock_timeout = 0", "SET LOCAL statement_timeout = 0", ADD_COLUMN]
    )
    with Visitors(database).visiting() as visitors:
        upgrade = start_upgrade(database, "-x", "phase=expand", MIGRATIONS_DIR=str(history))
        deadline = time.monotonic() + 60
        try:
            while visitors.longest_wait <= LIMIT:
                assert upgrade.poll() is None and time.monotonic() < deadline, f"None waited for {LIMIT} s."
                time.sleep(0.05)
        finally:
            idle.execute("ROLLBACK")  # or nobody would ever be let through
        said = upgrade.communicate(timeout=120)[1]
    print(visitors)
    assert upgrade.returncode == 0, said
