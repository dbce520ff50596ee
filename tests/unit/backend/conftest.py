"""A database per test, made from a migrated template; the application runs as the role that may change data only."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from click.testing import Result
from flask.testing import FlaskClient
from jobfolio import create_app
from jobfolio.database import db
from unit.backend import certificates
from unit.backend.postgres import PASSWORD, Cluster
from werkzeug.test import TestResponse

NUMBERS = count(1)
PERSONS_PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Database:
    """One database of the test cluster, with what a container would be given to reach it."""

    cluster: Cluster
    name: str
    secrets: Path

    def env(self, role: str = "jobfolio_app") -> dict[str, str]:
        """Give the environment of the application as deployed: TLS, verified, password and key from files."""
        return {
            "DATABASE_HOST": "127.0.0.1",
            "DATABASE_PORT": str(self.cluster.port),
            "DATABASE_NAME": self.name,
            "DATABASE_USER": role,
            "DATABASE_PASSWORD_FILE": str(self.secrets / "password"),
            "DATABASE_SSLROOTCERT": str(self.secrets / "ca.crt"),
            "SECRET_KEY_FILE": str(self.secrets / "secret_key"),
            "RELEASE": "1.2.3",
        }

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement as superuser."""
        return self.cluster.sql(statement, self.name)

    def flask_db(self, *arguments: str) -> Result:
        """Run `flask db …` as the owner of the schema."""
        app = create_app(self.env("jobfolio_owner"))
        try:
            return app.test_cli_runner().invoke(args=["db", *arguments])
        finally:
            close(app)


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "password").write_text(PASSWORD + "\n")
    (folder / "secret_key").write_text("signing-key\n")
    return folder


@pytest.fixture(scope="session")
def cluster(secrets: Path) -> Iterator[Cluster]:
    ca, certificate, key = certificates.issue()
    (secrets / "ca.crt").write_bytes(ca)
    try:
        server = Cluster(certificate, key)
    except FileNotFoundError as error:
        pytest.fail(str(error), pytrace=False)
    for role in ("owner", "app"):
        server.sql(f"CREATE ROLE jobfolio_{role} LOGIN PASSWORD '{PASSWORD}'")
    # As role postgres does: whoever is in the way of a migration is told with what he did.
    server.sql("GRANT pg_read_all_stats TO jobfolio_owner")
    yield server
    server.stop()


def make_database(cluster: Cluster, secrets: Path, template: str = "template1") -> Database:
    name = f"test_{next(NUMBERS)}"
    cluster.sql(f"CREATE DATABASE {name} TEMPLATE {template} OWNER jobfolio_owner")
    return Database(cluster, name, secrets)


@pytest.fixture(scope="session")
def template(cluster: Cluster, secrets: Path) -> Database:
    made = make_database(cluster, secrets)
    made.sql("GRANT USAGE, CREATE ON SCHEMA public TO jobfolio_owner")
    for kind, rights in (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE, SELECT")):
        made.sql(f"ALTER DEFAULT PRIVILEGES FOR ROLE jobfolio_owner GRANT {rights} ON {kind} TO jobfolio_app")
    empty = make_database(cluster, secrets, made.name)
    cluster.sql(f"ALTER DATABASE {empty.name} RENAME TO template_empty")
    result = made.flask_db("upgrade")
    assert result.exit_code == 0, result.output
    return made


@pytest.fixture
def database(template: Database) -> Iterator[Database]:
    """A database with the newest schema."""
    made = make_database(template.cluster, template.secrets, template.name)
    yield made
    made.cluster.sql(f"DROP DATABASE {made.name} WITH (FORCE)")


@pytest.fixture
def empty_database(template: Database) -> Iterator[Database]:
    """A database with roles and rights, but no schema."""
    made = make_database(template.cluster, template.secrets, "template_empty")
    yield made
    made.cluster.sql(f"DROP DATABASE {made.name} WITH (FORCE)")


def close(app: APIFlask) -> None:
    """Close an application's connections."""
    with app.app_context():
        db.engine.dispose()
    app.extensions["schema_gate"].close()


@pytest.fixture
def app(database: Database) -> Iterator[APIFlask]:
    made = create_app(database.env())
    made.config["PREFERRED_URL_SCHEME"] = "https"
    yield made
    close(made)


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A browser nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def ada(app: APIFlask) -> FlaskClient:
    """A browser that Ada is signed in with."""
    return signed_up(app, "Ada@Example.org")


@pytest.fixture
def eve(app: APIFlask) -> FlaskClient:
    """A browser that somebody else is signed in with."""
    return signed_up(app, "eve@example.org")


def signed_up(app: APIFlask, email: str) -> FlaskClient:
    """Give a browser in which a new account was just made."""
    browser = app.test_client()
    answer = browser.post("/api/v1/auth/sign-up", json={"email": email, "password": PERSONS_PASSWORD})
    assert answer.status_code == 201, answer.text
    return browser


def created(answer: TestResponse) -> dict[str, Any]:
    """Give what was made, which must have been made."""
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    made: dict[str, Any] = answer.json
    assert answer.headers["ETag"] == made["etag"]
    return made


def body(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    """Give the JSON of an answer that must have this status."""
    assert answer.status_code == status, answer.text
    assert answer.json is not None
    return dict(answer.json)


def kind(answer: TestResponse) -> str:
    """Give the kind of a problem."""
    assert answer.content_type == "application/problem+json", answer.text
    assert answer.json is not None
    return str(answer.json["type"]).removeprefix("urn:jobfolio:problem:")
