"""What `env.py` of a Flask-Migrate application calls: Flask-Migrate's environment, with phases, a lock and limits.

`flask db upgrade -x phase=expand` applies what the running release cannot notice, `-x phase=contract` the rest;
`-x downtime=yes`, or neither, applies everything. In a phase, nothing is touched while an index is INVALID that the
upgrade does not build again, or while a transaction is open for longer than `-x max_transaction_age` seconds. What
another upgrade or a busy table keeps waiting gives up after `-x patience` seconds.
"""

from collections.abc import Callable, Iterable, Iterator
from logging.config import fileConfig

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationStep, RevisionStep
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection, Engine

from . import gate
from .history import applicable, only_head, pending, phases_of
from .lock import PATIENCE, migration_lock
from .phase import Phase, PhaseError
from .recording import RECORDER, Recorder
from .splitting import process
from .waits import Blockers, limit_waits, retry_while_locked

MAX_TRANSACTION_AGE = 300.0  # seconds

Steps = Callable[[tuple[str, ...], MigrationContext], Iterable[RevisionStep]]


def run() -> None:
    """Run the command that Alembic loaded `env.py` for.

    Raises PhaseError, or MigrationLockTimeoutError, with a sentence for whoever ran it.
    """
    fileConfig(str(context.config.config_file_name), disable_existing_loggers=False)
    if context.is_offline_mode():
        _run_offline()
        return
    engine = current_app.extensions["migrate"].db.engine
    if not _changes_the_database():
        with engine.connect() as connection:
            _run_on(connection)
        return
    patience = _seconds("patience", PATIENCE)
    with migration_lock(engine, patience):
        _run_with_patience(engine, patience)


def _changes_the_database() -> bool:
    """Tell upgrade, downgrade and stamp, which have a destination, from commands that only read.

    Raises PhaseError where a destination in the history would not be clear.
    """
    try:
        context.get_revision_argument()
    except KeyError:
        return False
    except CommandError:
        # Several heads, which this says with what to do.
        only_head(ScriptDirectory.from_config(context.config))
        raise
    only_head(ScriptDirectory.from_config(context.config))
    return True


def _run_with_patience(engine: Engine, patience: float) -> None:
    blockers = Blockers()
    # Chosen once: when some of it is applied already, a later try neither judges the rest anew nor asks the gate again.
    phase, directory = _phase(), ScriptDirectory.from_config(context.config)
    recorder: Recorder | None = context.config.attributes.get(RECORDER)
    steps = None if phase is None else _steps_of(directory, _chosen(engine, directory, phase), recorder)

    def attempt() -> None:
        with engine.connect() as connection:
            if recorder is not None:
                recorder.listen(connection)
            limit_waits(connection)
            with blockers.of(connection, engine):
                _run_on(connection, steps)

    retry_while_locked(attempt, blockers, patience)


def _run_offline() -> None:
    """Print the SQL instead of running it; needs no database."""
    context.configure(
        dialect_name="postgresql",
        target_metadata=current_app.extensions["migrate"].db.metadata,
        literal_binds=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_on(connection: Connection, steps: Steps | None = None) -> None:
    """Run the command on a connection, each revision in a transaction of its own; `steps` in place of Alembic's."""
    migrate = current_app.extensions["migrate"]
    options = migrate.configure_args | ({"fn": steps} if steps else {})
    context.configure(
        connection=connection,
        target_metadata=migrate.db.metadata,
        transaction_per_migration=True,
        process_revision_directives=process,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()


def _phase() -> Phase | None:
    """Read `-x phase=…`; None where everything is to be applied. Raises PhaseError for what makes no sense."""
    given = context.get_x_argument(as_dictionary=True)
    if strange := sorted(set(given) - {"phase", "downtime", "max_transaction_age", "patience"}):
        raise PhaseError(
            f"-x {strange[0]} means nothing here; there are phase=expand|contract, downtime=yes,"
            " max_transaction_age=SECONDS and patience=SECONDS."
        )
    if given.get("downtime", "yes") != "yes":
        raise PhaseError(f"-x downtime={given['downtime']}: write downtime=yes, or leave it out.")
    if "downtime" in given or "phase" not in given:
        return None
    if given["phase"] not in set(Phase):
        raise PhaseError(f"-x phase={given['phase']}: write phase=expand or phase=contract.")
    return Phase(given["phase"])


def _seconds(name: str, default: float) -> float:
    """Read `-x NAME=SECONDS`. Raises PhaseError for what is no number."""
    given = context.get_x_argument(as_dictionary=True).get(name)
    if given is None:
        return default
    if not given.isdecimal():
        raise PhaseError(f"-x {name}={given}: write a number of seconds.")
    return float(given)


def _chosen(engine: Engine, directory: ScriptDirectory, phase: Phase) -> list[Script]:
    """Choose the revisions that a phase allows, once nothing stands in their way. Raises PhaseError."""
    destination = str(context.get_revision_argument())
    if destination.startswith("-"):
        raise PhaseError("A phase belongs to an upgrade; leave -x phase=... out of a downgrade.")
    age = _seconds("max_transaction_age", MAX_TRANSACTION_AGE)
    with engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
        chosen = applicable(pending(directory, heads, destination), phases_of(directory), phase, empty=not heads)
        if heads and chosen:
            gate.check(connection, chosen, age)
    return chosen


def _steps_of(directory: ScriptDirectory, chosen: list[Script], recorder: Recorder | None) -> Steps:
    """Make what Alembic asks for its steps: those of the chosen revisions that the database does not have yet."""
    names = [script.revision for script in chosen]

    def steps(heads: tuple[str, ...], _context: MigrationContext) -> Iterator[RevisionStep]:
        done = max((names.index(head) + 1 for head in heads if head in names), default=0)
        for script in chosen[done:]:
            # Alembic takes a step when it has finished the one before.
            if recorder is not None:
                recorder.begin(script.revision)
            yield MigrationStep.upgrade_from_script(directory.revision_map, script)

    return steps
