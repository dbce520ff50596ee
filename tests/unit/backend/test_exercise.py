"""The exercise uses the whole API as the application's own role, notices what is broken, and leaves nothing behind."""

from collections.abc import Iterator

import pytest
from apiflask import APIFlask
from flask import request
from jobfolio import create_app
from jobfolio.exercise import exercise
from phased_migrations import ExerciseError
from unit.backend.conftest import Database, close

TABLES = ("auth_users", "user_profiles", "education_history", "work_history", "job_postings", "resume_documents")


@pytest.fixture
def plain_app(database: Database) -> Iterator[APIFlask]:
    """The application as a one-shot container has it: with nobody to serve, and no key for sessions."""
    made = create_app({name: value for name, value in database.env().items() if name != "SECRET_KEY_FILE"})
    yield made
    close(made)


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    return {table: database.sql(f"TABLE {table}") for table in TABLES}


def test_every_operation_is_used_and_what_people_have_stays_as_it_is(plain_app: APIFlask, database: Database) -> None:
    database.sql("INSERT INTO auth_users (email, password_hash) VALUES ('ada@example.org', '$argon2id$x')")
    before = rows(database)
    used = set()

    @plain_app.before_request
    def note() -> None:
        used.add((request.method, request.url_rule and request.url_rule.rule))

    exercise(plain_app)
    operations = {
        (method, rule.rule)
        for rule in plain_app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("openapi.json")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert used == operations
    assert rows(database) == before


@pytest.mark.parametrize(
    ("breakage", "said"),
    [
        (
            "ALTER TABLE work_history DROP COLUMN title",
            'POST /work answered 500 instead of 201: .*UndefinedColumn.* column "title"',
        ),
        ("REVOKE DELETE ON education_history FROM jobfolio_app", "DELETE /education/3 answered 500 instead of 204"),
        ("DROP INDEX uq_auth_users_lower_email", "POST /auth/sign-up answered 201 instead of 409"),
    ],
)
def test_what_broke_is_named(plain_app: APIFlask, database: Database, breakage: str, said: str) -> None:
    database.sql(breakage)
    with pytest.raises(ExerciseError, match=said):
        exercise(plain_app)


def test_what_is_stored_otherwise_than_it_was_sent_is_noticed_and_no_account_stays(
    plain_app: APIFlask, database: Database
) -> None:
    database.sql(
        """
        CREATE FUNCTION shorten() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.headline := left(NEW.headline, 100); RETURN NEW; END';
        CREATE TRIGGER shorten BEFORE UPDATE ON user_profiles FOR EACH ROW EXECUTE FUNCTION shorten()"""
    )
    with pytest.raises(ExerciseError, match=r"PUT /profile answered another headline than was written\."):
        exercise(plain_app)
    assert not any(rows(database).values())


def test_a_download_that_breaks_off_is_noticed(plain_app: APIFlask, database: Database) -> None:
    database.sql(
        """
        REVOKE SELECT ON resume_documents FROM jobfolio_app;
        GRANT SELECT (
            id, user_id, job_posting_id, name, content_type, size_bytes, sha256, version, created_at, updated_at
        ) ON resume_documents TO jobfolio_app"""
    )
    with pytest.raises(ExerciseError, match=r"GET /documents/1/content broke off: .*permission denied"):
        exercise(plain_app)
