"""What stands in the way of a schema change, looked for before anything is touched."""

from collections.abc import Iterable

from alembic.operations import ops
from alembic.script import Script
from sqlalchemy import Connection, TextClause, text

from .inference import operations_of
from .phase import PhaseError

INVALID = text(
    "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
    " WHERE NOT indisvalid AND relname <> ALL(:rebuilt)"
    " AND indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index) ORDER BY 1"
)
TRANSACTIONS = text(
    "SELECT format('Transaction of pid %s (user %s, %s) has been open for %s s: %s; let it end, or end it:"
    " SELECT pg_terminate_backend(%s).', pid, usename, state, extract(epoch FROM now() - xact_start)::int,"
    " left(regexp_replace(query, '\\s+', ' ', 'g'), 200), pid)"
    " FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    " AND datname = current_database() AND xact_start < now() - make_interval(secs => :age) ORDER BY xact_start"
)
PREPARED = text(
    "SELECT format('Prepared transaction %L of %s has been open for %s s: COMMIT PREPARED or ROLLBACK PREPARED it.',"
    " gid, owner, extract(epoch FROM now() - prepared)::int)"
    " FROM pg_prepared_xacts WHERE database = current_database() AND prepared < now() - make_interval(secs => :age)"
)


def check(connection: Connection, revisions: Iterable[Script], max_age: float) -> None:
    """Refuse to apply revisions where something is in the way: remains of a failed build, or whoever keeps tables busy.

    `max_age` is how long, in seconds, a transaction may have been open. Raises PhaseError with a sentence for each.
    """
    rebuilt = sorted({name for script in revisions for name in _indexes(script)})
    broken = [
        f"Index {name} is INVALID, an earlier build has failed: DROP INDEX CONCURRENTLY {name}, and build it again."
        for name in connection.scalars(INVALID, {"rebuilt": rebuilt})
    ]
    problems = [*broken, *_told(connection, TRANSACTIONS, max_age), *_told(connection, PREPARED, max_age)]
    if problems:
        raise PhaseError("Nothing was changed. " + " ".join(problems))


def _indexes(script: Script) -> set[str]:
    """Name the indexes that a revision builds, and so may repair.

    Of one that does not run without a database none is known: what it left INVALID is told, with the remedy.
    """
    try:
        seen = operations_of(script.module.upgrade)
    except Exception:  # noqa: BLE001 - a revision may raise anything
        return set()
    return {str(one.index_name) for one in seen if isinstance(one, ops.CreateIndexOp)}


def _told(connection: Connection, query: TextClause, max_age: float) -> list[str]:
    return list(connection.scalars(query, {"age": max_age}))
