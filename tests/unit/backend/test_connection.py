"""The way to the database: TLS verified, the password from a file that may be rotated, and nowhere else."""

import logging
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask import request_finished
from flask.testing import FlaskClient
from jobfolio import create_app
from jobfolio.database import db
from sqlalchemy.exc import OperationalError
from unit.backend import certificates
from unit.backend.conftest import Database, close
from unit.backend.postgres import PASSWORD


def test_connection_is_encrypted_and_the_server_verified(ada: FlaskClient, database: Database) -> None:
    assert ada.get("/readyz").status_code == 200
    rows = database.sql(
        "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'jobfolio_app'"
    )
    assert rows == [(True,)]


def test_server_of_another_ca_is_refused(database: Database, tmp_path: Path) -> None:
    (tmp_path / "other.crt").write_bytes(certificates.issue()[0])
    app = create_app(database.env() | {"DATABASE_SSLROOTCERT": str(tmp_path / "other.crt")})
    assert app.test_client().get("/readyz").status_code == 503
    close(app)


def test_a_connection_lost_after_the_answer_was_ready_does_not_cost_it(
    ada: FlaskClient, app: APIFlask, database: Database
) -> None:
    lost: list[object] = []

    def lose(_app: APIFlask, **_given: object) -> None:
        lost.extend(
            database.sql(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE usename = 'jobfolio_app' AND state = 'idle in transaction'"
            )
        )

    with request_finished.connected_to(lose, app):
        assert ada.get("/api/v1/profile").status_code == 200
    assert lost == [(True,)]
    assert ada.get("/api/v1/profile").status_code == 200


def test_rotated_password_file_is_used_by_the_next_connection(database: Database, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    app = create_app(database.env() | {"DATABASE_PASSWORD_FILE": str(password)})
    client = app.test_client()
    assert client.get("/readyz").status_code == 200
    try:
        database.sql("ALTER ROLE jobfolio_app PASSWORD 'second-password'")
        database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'jobfolio_app'")
        assert client.get("/readyz").status_code == 503
        password.write_text("second-password")
        assert client.get("/readyz").status_code == 200
    finally:
        database.sql(f"ALTER ROLE jobfolio_app PASSWORD '{PASSWORD}'")
        close(app)


def test_while_a_password_is_rotated_either_of_both_opens_the_database(database: Database, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\nsecond password")
    app = create_app(database.env() | {"DATABASE_PASSWORD_FILE": str(password)})
    client = app.test_client()
    try:
        for rotated in (PASSWORD, "second password"):
            database.sql(f"ALTER ROLE jobfolio_app PASSWORD '{rotated}'")
            database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'jobfolio_app'")
            assert client.get("/readyz").status_code == 200, rotated
        database.sql("ALTER ROLE jobfolio_app PASSWORD 'third'")
        database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'jobfolio_app'")
        assert client.get("/readyz").status_code == 503
    finally:
        database.sql(f"ALTER ROLE jobfolio_app PASSWORD '{PASSWORD}'")
        close(app)


def test_a_database_that_cannot_be_reached_is_not_tried_with_every_password(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("one\ntwo\nthree")
    tried: list[str] = []
    app = create_app(
        database.env() | {"DATABASE_PORT": "1", "DATABASE_PASSWORD_FILE": str(tmp_path / "password")},
    )
    with app.app_context():
        connect = db.engine.dialect.connect

        def noted(*words: str, **given: str) -> object:
            tried.append(given["password"])
            return connect(*words, **given)

        monkeypatch.setattr(db.engine.dialect, "connect", noted)
        with pytest.raises(OperationalError):
            db.engine.connect()
    assert tried == ["one"]
    close(app)


def test_password_is_in_no_log_and_no_representation(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        app = create_app(database.env() | {"DATABASE_PORT": "1"})
        assert app.test_client().post("/api/v1/auth/log-in", json={"email": "a", "password": "b"}).status_code == 503
        with app.app_context():
            shown = f"{db.engine!r} {db.engine.url!r} {db.engine.url} {app.config}"
    assert "database unavailable" in caplog.text
    assert PASSWORD not in caplog.text + shown
    close(app)


def test_slow_statements_are_cut_off(database: Database) -> None:
    app = create_app(database.env())
    with app.app_context():
        assert db.session.scalar(db.text("SHOW statement_timeout")) == "10s"
    close(app)
