"""What the platform is told: alive, ready, which version."""

from pathlib import Path
from time import perf_counter

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from jobfolio import create_app
from jobfolio.config import ConfigurationError
from jobfolio.readiness import SchemaGate
from sqlalchemy import create_engine
from unit.backend.conftest import Database, close


def head(app: APIFlask) -> str:
    gate: SchemaGate = app.extensions["schema_gate"]
    return gate.required


def test_ready_when_the_schema_is_the_one_this_release_needs(app: APIFlask, client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ready",
        "reason": "",
        "schema": {"required": head(app), "current": head(app), "state": "current"},
    }


def test_unready_while_the_schema_is_behind(app: APIFlask, client: FlaskClient, database: Database) -> None:
    assert database.flask_db("downgrade").exit_code == 0
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["schema"]["state"] == "behind"
    assert answer.json["schema"]["required"] == head(app) != answer.json["schema"]["current"]
    assert "flask db upgrade" in answer.json["reason"]


def test_ready_when_a_newer_release_has_gone_ahead(client: FlaskClient, database: Database) -> None:
    database.sql("UPDATE alembic_version SET version_num = 'fromthefuture'")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["schema"]["current"] == "fromthefuture"
    assert answer.json["schema"]["state"] == "ahead"


@pytest.mark.parametrize("statement", ["DELETE FROM alembic_version", "DROP TABLE alembic_version"])
def test_unready_without_a_schema_and_ready_again_with_one(
    app: APIFlask, client: FlaskClient, database: Database, statement: str
) -> None:
    database.sql(f"CREATE TABLE kept AS TABLE alembic_version; {statement}")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["schema"] == {"required": head(app), "current": None, "state": "missing"}

    database.sql("DROP TABLE IF EXISTS alembic_version; ALTER TABLE kept RENAME TO alembic_version")
    database.sql("GRANT SELECT ON alembic_version TO jobfolio_app")
    assert client.get("/readyz").status_code == 200


def test_unready_soon_when_the_database_is_out_of_reach_but_alive(database: Database) -> None:
    app = create_app(database.env() | {"DATABASE_PORT": "1"})
    start = perf_counter()
    answer = app.test_client().get("/readyz")
    assert perf_counter() - start < 3
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["schema"]["state"] == "unknown"
    assert app.test_client().get("/livez").json == {"status": "alive"}
    close(app)


def test_unready_with_the_reason_while_the_password_file_is_missing(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(database.env() | {"DATABASE_PASSWORD_FILE": "/nowhere"})
    for _ in range(3):
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert answer.json is not None
        assert answer.json["reason"] == "DATABASE_PASSWORD_FILE cannot be read: No such file or directory (/nowhere)."
    assert caplog.text.count("/nowhere") == 1, "logged when it changes, not at every probe"
    close(app)


def test_readiness_survives_a_cut_connection(client: FlaskClient, database: Database) -> None:
    assert client.get("/readyz").status_code == 200
    database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'jobfolio_app'")
    assert client.get("/readyz").status_code == 200


def test_readiness_does_not_wait_for_a_locked_version_table(client: FlaskClient, database: Database) -> None:
    with database.cluster.connect(database.name) as holder, holder.transaction():
        holder.execute("LOCK alembic_version")
        start = perf_counter()
        assert client.get("/readyz").status_code == 503
        assert perf_counter() - start < 3
    assert client.get("/readyz").status_code == 200


def test_version_names_release_and_schema(app: APIFlask, client: FlaskClient) -> None:
    assert client.get("/version").json == {"release": "1.2.3", "schema_head": head(app)}


def test_history_without_revisions_is_named(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    gate = SchemaGate(str(tmp_path), create_engine("postgresql+psycopg://"))
    with pytest.raises(ConfigurationError, match="holds no revision"):
        _ = gate.required
