"""A rehearsal refuses what would break the release that runs, before production's schema is touched.

REHEARSALS=30 judges every kind of breaking migration; without it a few of them, spread over the kinds.
"""

import os
import subprocess
from pathlib import Path

import pytest
from unit.backend.breaking_migrations import CHANGES
from unit.backend.conftest import Database
from unit.backend.rehearsals import make_scratch, rehearse, write_history
from unit.backend.test_migrations import SHAPE

KINDS = list(CHANGES)
SHORT = ["rename a column", "revoke a privilege", "keep writers out while an index is built"]
CHOSEN = KINDS[: int(os.environ["REHEARSALS"])] if "REHEARSALS" in os.environ else SHORT
BEFORE_THE_NEW_ONE = ("squawk", "old")


def test_there_are_thirty_kinds() -> None:
    assert len(CHANGES) == 30


@pytest.mark.parametrize("kind", CHOSEN)
def test_a_breaking_migration_is_refused_before_production_is_touched(
    database: Database, tmp_path: Path, kind: str
) -> None:
    before = database.sql(SHAPE)
    refused = rehearse(database, write_history(tmp_path / "new", CHANGES[kind].breaking), BEFORE_THE_NEW_ONE)
    assert refused
    print(f"{kind}: {refused[0]}")
    assert database.sql(SHAPE) == before


@pytest.mark.parametrize("kind", CHOSEN)
def test_the_same_in_two_phases_passes(database: Database, tmp_path: Path, kind: str) -> None:
    change = CHANGES[kind]
    history = write_history(tmp_path / "new", change.expand, change.contract)
    assert rehearse(database, history, BEFORE_THE_NEW_ONE) == []


@pytest.mark.parametrize("kind", ["refuse rows by a trigger", "revoke a privilege"])
def test_without_the_exercise_it_would_have_passed(database: Database, tmp_path: Path, kind: str) -> None:
    assert rehearse(database, write_history(tmp_path / "new", CHANGES[kind].breaking), ("squawk",)) == []


def test_without_squawk_it_would_have_passed(database: Database, tmp_path: Path) -> None:
    breaking = CHANGES["keep writers out while an index is built"].breaking
    assert rehearse(database, write_history(tmp_path / "new", breaking), ("old",)) == []


def test_a_contract_that_the_new_release_breaks_on_is_refused(database: Database, tmp_path: Path) -> None:
    change = CHANGES["drop a column"]
    refused = rehearse(database, write_history(tmp_path / "new", change.expand, change.contract), ("contract",))
    assert refused[0].startswith("the new release's models, against its schema: New upgrade operations detected")


def test_a_release_that_is_sound_in_both_phases_passes_every_judge(database: Database, tmp_path: Path) -> None:
    added = ("ALTER TABLE work_history ADD CONSTRAINT fine CHECK (version > 0) NOT VALID",)
    history = write_history(tmp_path / "new", added, ("ALTER TABLE work_history DROP CONSTRAINT fine",))
    assert rehearse(database, history) == []


LEFT_BEHIND = "SELECT datname FROM pg_database WHERE datname LIKE '%\\_rehearsal'"
PRIVILEGES = """
    SELECT relname, pg_get_userbyid(relowner), relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT defaclobjtype::text, pg_get_userbyid(defaclrole), defaclacl::text FROM pg_default_acl
    UNION ALL SELECT 'public', pg_get_userbyid(nspowner), nspacl::text FROM pg_namespace WHERE nspname = 'public'
    UNION ALL SELECT 'database', pg_get_userbyid(datdba),
        (SELECT array_agg(acl ORDER BY acl::text) FROM unnest(datacl) acl)::text
    FROM pg_database WHERE datname = current_database()
    ORDER BY 1, 2"""


def test_the_scratch_database_has_schema_owners_privileges_and_revision_and_no_rows(database: Database) -> None:
    database.sql(f"REVOKE ALL ON DATABASE {database.name} FROM PUBLIC")
    database.sql(f"GRANT CONNECT ON DATABASE {database.name} TO jobfolio_app")
    database.sql("INSERT INTO auth_users (email, password_hash) VALUES ('ada@example.org', '$argon2id$x')")
    scratch = make_scratch(database)
    try:
        assert scratch.sql(SHAPE) == database.sql(SHAPE)
        assert scratch.sql(PRIVILEGES) == database.sql(PRIVILEGES)
        assert scratch.sql("TABLE alembic_version") == database.sql("TABLE alembic_version")
        assert scratch.sql("TABLE auth_users") == []
        # What a killed run has left goes first.
        scratch.sql("DROP TABLE resume_documents")
        assert make_scratch(database).sql(SHAPE) == database.sql(SHAPE)
    finally:
        database.cluster.sql(f"DROP DATABASE {scratch.name} WITH (FORCE)")


def test_where_the_backends_are_not_let_in_the_remedy_is_told(database: Database) -> None:
    rules = database.cluster.home / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(before.replace("hostssl all", f"hostssl {database.name}"))
    try:
        with pytest.raises(subprocess.CalledProcessError) as refused:
            make_scratch(database)
    finally:
        rules.write_text(before)
    assert f"does not let the backends into {database.name}_rehearsal yet: run playbooks/deploy.yml" in (
        refused.value.stderr
    )
    assert database.sql(LEFT_BEHIND) == []


def test_where_the_disk_is_short_nothing_is_made(database: Database) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        make_scratch(database, free_mib=1024**3)
    assert "MiB left, and migrations may need 10737418" in refused.value.stderr
    assert database.sql(LEFT_BEHIND) == []
