"""The connection to Postgres."""

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, create_engine, event

from .config import connect_args, read_secret
from .models import Base

db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate(compare_server_default=True, render_as_batch=False)


def init_database(app: Flask) -> None:
    """Bind the application to its database and its history of schema changes."""
    db.init_app(app)
    migrate.init_app(app, db, directory=app.config["MIGRATIONS_DIR"])
    with app.app_context():
        supply_password(db.engine, app.config["DATABASE_PASSWORD_FILE"])


def probe_engine(app: Flask) -> Engine:
    """Make an engine of one connection for readiness probes, which must neither wait for busy requests nor for long."""
    engine = create_engine(
        app.config["SQLALCHEMY_DATABASE_URI"],
        pool_size=1,
        max_overflow=0,
        pool_timeout=1,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args=connect_args(statement_timeout=1_000) | {"connect_timeout": 2, "tcp_user_timeout": 2_000},
    )
    supply_password(engine, app.config["DATABASE_PASSWORD_FILE"])
    return engine


def supply_password(engine: Engine, path: str | None) -> None:
    """Read the password anew for every connection, so that a rotated file needs no restart and no URL holds it."""
    if path is None:
        return

    @event.listens_for(engine, "do_connect")
    def add_password(_dialect: object, _record: object, _args: object, parameters: dict[str, object]) -> None:
        parameters["password"] = read_secret(path, "DATABASE_PASSWORD_FILE")
