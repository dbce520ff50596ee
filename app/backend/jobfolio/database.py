"""The connection to Postgres."""

import logging

import phased_migrations
import psycopg
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from .config import connect_args
from .exercise import exercise
from .models import Base
from .rotation import supply_password

log = logging.getLogger(__name__)


class RequestSession(Session):
    """A session that ends with its request."""

    def close(self) -> None:
        """Roll back what was not committed. Where the connection is lost, the server has done so: the answer stands."""
        try:
            super().close()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            log.warning("connection lost at a request's end: %s", error)


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"class_": RequestSession})
OUTGROWN = "outgrown"
migrate = Migrate(compare_server_default=True, render_as_batch=False)


def init_database(app: Flask) -> Engine:
    """Bind the application to its database and its history of schema changes; gives what holds the connections."""
    db.init_app(app)
    migrate.init_app(app, db, directory=app.config["MIGRATIONS_DIR"])
    phased_migrations.init_app(app, exercise)
    with app.app_context():
        engine = db.engine
    supply_password(engine, app.config["DATABASE_PASSWORD_FILE"])
    event.listen(engine, "handle_error", keep_rows_out)
    event.listen(engine, "checkin", retire_outgrown)
    return engine


def retire_outgrown(_connection: object, record: ConnectionPoolEntry) -> None:
    """Close a connection that carried a file: libpq keeps the room for its largest message as long as it lives."""
    if record.info.get(OUTGROWN):
        record.invalidate()


def expect_large_statement() -> None:
    """Say that the session's transaction sends megabytes, so that its connection is not kept afterwards."""
    db.session.connection().info[OUTGROWN] = True


def keep_rows_out(failure: ExceptionContext) -> None:
    """Cut an error down to its first line before anything logs it: Postgres' DETAIL shows what people entered."""
    error = failure.original_exception
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        error.args = (error.diag.message_primary,)
        if failure.sqlalchemy_exception is not None:
            failure.sqlalchemy_exception.args = (f"{type(error).__name__}: {error}",)


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
