"""An application that has nothing to do with Jobfolio, and a history of its own that a test writes."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import phased_migrations
import pytest
from click.testing import Result
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from jobfolio.config import REPOSITORY_MIGRATIONS
from sqlalchemy import MetaData, Table
from unit.backend import certificates
from unit.backend.postgres import Cluster

NUMBERS = count(1)

REVISION = '''"""{title}."""
import sqlalchemy as sa
from alembic import op
from phased_migrations import batches
revision = "{name}"
down_revision = {down!r}
{phase}
def upgrade():
    {upgrade}

def downgrade():
    pass
'''


@dataclass
class Shop:
    """A Flask-Migrate application on a database of its own."""

    cluster: Cluster
    database: str
    folder: Path
    names: list[str] = field(default_factory=list)
    exercise: phased_migrations.Exercise | None = None
    metadata: MetaData = field(default_factory=lambda: MetaData(naming_convention=phased_migrations.NAMING_CONVENTION))

    def revision(self, name: str, upgrade: str, phase: str | None = None, down: str | None = None) -> None:
        """Write a revision behind the last one, or behind `down`."""
        text = REVISION.format(
            title=name.capitalize(),
            name=name,
            down=down or (self.names[-1] if self.names else None),
            phase=f"phase = {phase!r}\n" if phase else "",
            upgrade=upgrade.strip().replace("\n", "\n    "),
        )
        (self.folder / "versions" / f"{name}.py").write_text(text)
        self.names.append(name)

    def table(self, *columns: Any) -> Table:  # noqa: ANN401  what Table takes
        """Say what the models are: one table."""
        return Table("goods", self.metadata, *columns, extend_existing=True)

    def flask(self, *arguments: str) -> Result:
        """Run `flask …`."""
        app = Flask("shop")
        url = f"postgresql+psycopg://postgres@/{self.database}?host={self.cluster.home}&port={self.cluster.port}"
        app.config["SQLALCHEMY_DATABASE_URI"] = url
        db = SQLAlchemy(app, metadata=self.metadata)
        Migrate(app, db, directory=str(self.folder))
        phased_migrations.init_app(app, self.exercise)
        try:
            return app.test_cli_runner().invoke(args=list(arguments))
        finally:
            with app.app_context():
                db.engine.dispose()

    def upgrade(self, *arguments: str) -> str:
        """Run `flask db upgrade`, which must succeed; give the revision that the database has afterwards."""
        result = self.flask("db", "upgrade", *arguments)
        assert result.exit_code == 0, result.output + str(result.exception)
        return self.current()

    def current(self) -> str:
        """The database's revision."""
        [(revision,)] = self.sql("SELECT version_num FROM alembic_version")
        return str(revision)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement as superuser."""
        return self.cluster.sql(statement, self.database)


@pytest.fixture(scope="package")
def server() -> Iterator[Cluster]:
    _, certificate, key = certificates.issue()
    cluster = Cluster(certificate, key)
    yield cluster
    cluster.stop()


@pytest.fixture
def shop(server: Cluster, tmp_path: Path) -> Iterator[Shop]:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for name in ("alembic.ini", "env.py", "script.py.mako"):
        shutil.copy(REPOSITORY_MIGRATIONS / name, folder)
    database = f"shop_{next(NUMBERS)}"
    server.sql(f"CREATE DATABASE {database}")
    yield Shop(server, database, folder)
    server.sql(f"DROP DATABASE {database} WITH (FORCE)")
