"""How `flask db` reaches the database: Flask-Migrate's environment, with the lock and time limits of a live system."""

import logging
from logging.config import fileConfig

from alembic import context
from alembic.operations.ops import MigrationScript
from flask import current_app
from jobfolio.migration_lock import limit_waits, migration_lock, retry_while_locked
from sqlalchemy import Connection

config = context.config
fileConfig(str(config.config_file_name), disable_existing_loggers=False)
logger = logging.getLogger("alembic.env")
migrate = current_app.extensions["migrate"]


def changes_the_database() -> bool:
    """Tell upgrade, downgrade and stamp, which have a destination, from commands that only read."""
    try:
        context.get_revision_argument()
    except KeyError:
        return False
    return True


def skip_empty_revision(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    """Write no revision file when `flask db migrate` finds nothing to do."""
    if getattr(config.cmd_opts, "autogenerate", False) and all(
        ops.is_empty() for ops in directives[0].upgrade_ops_list
    ):
        directives[:] = []
        logger.info("No changes in schema detected.")


def run_offline() -> None:
    """Print the SQL instead of running it; needs no database."""
    context.configure(
        dialect_name="postgresql",
        target_metadata=migrate.db.metadata,
        literal_binds=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_on(connection: Connection) -> None:
    """Run the command on a connection, each revision in a transaction of its own."""
    context.configure(
        connection=connection,
        target_metadata=migrate.db.metadata,
        transaction_per_migration=True,
        process_revision_directives=skip_empty_revision,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Run the command; those that change the schema take their turn first."""
    engine = migrate.db.engine
    if not changes_the_database():
        with engine.connect() as connection:
            run_on(connection)
        return

    def attempt() -> None:
        with engine.connect() as connection:
            limit_waits(connection)
            run_on(connection)

    with migration_lock(engine):
        retry_while_locked(attempt)


if context.is_offline_mode():
    run_offline()
else:
    run_online()
