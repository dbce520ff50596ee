"""The history of the schema: every step goes both ways and ends where the models say."""

import shutil
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from jobfolio.config import REPOSITORY_MIGRATIONS
from unit.backend.conftest import Database

HISTORY = list(ScriptDirectory(str(REPOSITORY_MIGRATIONS)).walk_revisions())[::-1]

# A constraint that was validated on the way up may stay so on the way down.
SHAPE = """
    SELECT 'column', table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint', conname, replace(pg_get_constraintdef(oid), ' NOT VALID', '') FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    ORDER BY 1, 2"""


def migrate(database: Database, *arguments: str) -> None:
    result = database.flask_db(*arguments)
    assert result.exit_code == 0, result.output + str(result.exception)


def test_history_has_one_head_and_no_branch() -> None:
    assert [step.down_revision for step in HISTORY] == [None, *(step.revision for step in HISTORY[:-1])]


def test_every_revision_goes_up_and_down_and_up_again_and_keeps_the_rows(empty_database: Database) -> None:
    for step in HISTORY:
        before, rows_before = empty_database.sql(SHAPE), rows(empty_database)
        upgrade_with_rows(empty_database, step.revision)
        after, rows_after = empty_database.sql(SHAPE), rows(empty_database)
        assert after != before
        assert len(rows_after) == 6
        assert all(rows_after.values())

        migrate(empty_database, "downgrade")
        # Alembic's own table stays from the first upgrade on.
        assert [row for row in empty_database.sql(SHAPE) if "alembic_version" not in str(row)] == [
            row for row in before if "alembic_version" not in str(row)
        ]
        assert rows(empty_database) == rows_before
        upgrade_with_rows(empty_database, step.revision)
        assert empty_database.sql(SHAPE) == after
        # The first revision made its tables anew, so that rows and their times are new as well.
        assert step.down_revision is None or rows(empty_database) == rows_after


def upgrade_with_rows(database: Database, revision: str) -> None:
    """Upgrade by one step; the first one is followed by people who use the new tables."""
    migrate(database, "upgrade", revision)
    if revision == HISTORY[0].revision:
        database.sql(EARLY_STORY)


def rows(database: Database) -> dict[str, object]:
    """Give all rows of the application's tables, as many tables as there are."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    whole = "SELECT jsonb_agg(to_jsonb(t) ORDER BY t::text) FROM {} AS t"
    return {str(table): database.sql(whole.format(table)) for (table,) in database.sql(tables)}


def test_models_and_history_are_in_step(database: Database) -> None:
    result = database.flask_db("check")
    assert result.exit_code == 0, result.output


def test_check_notices_a_column_that_has_no_revision(database: Database) -> None:
    database.sql("ALTER TABLE user_profiles DROP COLUMN phone")
    assert database.flask_db("check").exit_code == 1


def test_everything_built_is_valid(database: Database) -> None:
    assert database.sql("SELECT conname FROM pg_constraint WHERE NOT convalidated") == []
    assert database.sql("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid") == []


def test_every_foreign_key_says_what_a_deletion_does_and_has_an_index(database: Database) -> None:
    silent = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'a'"
    assert database.sql(silent) == []
    unindexed = """
        SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text !~ '^pg_' AND NOT EXISTS (
            SELECT FROM pg_index WHERE indrelid = conrelid
            AND (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey)"""
    assert database.sql(unindexed) == []


def test_application_role_cannot_change_the_schema(database: Database) -> None:
    with pytest.raises(Exception, match="permission denied for schema public"):
        database.sql("SET ROLE jobfolio_app; CREATE TABLE mine ()")


def test_deleting_an_account_takes_everything_along(database: Database) -> None:
    database.sql(STORY)
    database.sql("DELETE FROM auth_users WHERE email = 'ada@example.org'")
    for table in ("user_profiles", "education_history", "work_history", "job_postings", "resume_documents"):
        assert database.sql(f"TABLE {table}") == [], table


def test_deleting_a_posting_keeps_its_document(database: Database) -> None:
    database.sql(STORY)
    database.sql("DELETE FROM job_postings")
    assert database.sql("SELECT name, job_posting_id FROM resume_documents") == [("cv", None)]


def test_document_cannot_point_at_another_persons_posting(database: Database) -> None:
    database.sql(STORY)
    with pytest.raises(Exception, match="fk_resume_documents_job_posting_id_user_id_job_postings"):
        database.sql(
            "UPDATE resume_documents SET user_id = (SELECT id FROM auth_users WHERE email = 'eve@example.org')"
        )


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE work_history SET end_date = '1999-12-31'", "ck_work_history_end_date_after_start_date"),
        ("UPDATE job_postings SET status = 'dreaming'", "ck_job_postings_status_known"),
        ("UPDATE resume_documents SET size_bytes = 4", "ck_resume_documents_size_bytes_true"),
        ("UPDATE auth_users SET email = 'ADA@EXAMPLE.ORG'", "uq_auth_users_lower_email"),
        ("UPDATE auth_users SET password_hash = 'plain'", "ck_auth_users_password_hash_is_argon2id"),
    ],
)
def test_database_refuses_what_makes_no_sense(database: Database, statement: str, constraint: str) -> None:
    database.sql(STORY)
    with pytest.raises(Exception, match=constraint):
        database.sql(statement)


EARLY_STORY = """
    INSERT INTO auth_users (email, password_hash) VALUES
        ('ada@example.org', '$argon2id$x'), ('eve@example.org', '$argon2id$y');
    INSERT INTO user_profiles (user_id) SELECT min(id) FROM auth_users;
    INSERT INTO education_history (user_id, school, start_date) SELECT min(id), 'Home', '2000-01-01' FROM auth_users;
    INSERT INTO work_history (user_id, company, title, start_date)
        SELECT min(id), 'Engine', 'Analyst', '2000-01-01' FROM auth_users;
    INSERT INTO job_postings (user_id, company, title) SELECT min(id), 'Engine', 'Analyst' FROM auth_users;
    INSERT INTO resume_documents (user_id, name, content_type, size_bytes, sha256, content)
        SELECT user_id, 'cv', 'text/plain', 3, sha256('abc'), 'abc' FROM job_postings;
"""
LINK = "UPDATE resume_documents SET job_posting_id = (SELECT id FROM job_postings)"
STORY = EARLY_STORY + LINK


def test_developer_can_begin_a_history_of_their_own(database: Database, tmp_path: Path) -> None:
    result = database.flask_db("init", "--directory", str(tmp_path / "migrations"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "migrations" / "env.py").exists()


def test_changed_model_becomes_a_revision_that_runs(database: Database, tmp_path: Path) -> None:
    copy = shutil.copytree(REPOSITORY_MIGRATIONS, tmp_path / "migrations")
    database.sql("ALTER TABLE user_profiles DROP COLUMN phone")
    directory = ("--directory", str(copy))
    result = database.flask_db("migrate", *directory, "-m", "add phone")
    assert result.exit_code == 0, result.output
    [written] = copy.glob("versions/*add_phone.py")
    assert "op.add_column(" in written.read_text()
    assert database.flask_db("upgrade", *directory).exit_code == 0
    assert database.flask_db("check", *directory).exit_code == 0
    assert database.flask_db("migrate", *directory, "-m", "nothing").exit_code == 0
    assert not list(copy.glob("versions/*nothing.py"))


def test_upgrade_can_be_printed_without_a_database(database: Database, capfd: pytest.CaptureFixture[str]) -> None:
    result = database.flask_db("upgrade", "--sql", f"{HISTORY[0].revision}:head")
    assert result.exit_code == 0, result.output
    assert "CREATE INDEX CONCURRENTLY" in result.output + capfd.readouterr().out
