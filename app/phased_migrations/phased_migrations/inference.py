"""Whether a release that runs while a schema change is applied can notice it.

A release notices what takes something away that it uses, or refuses what it writes. What cannot be told counts as
noticed.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import singledispatchmethod
from typing import Any

from alembic.operations import AbstractOperations, BatchOperations, Operations, ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column

# Defaults that PostgreSQL stores once instead of rewriting the table: literals, and functions that are stable.
_CONSTANT = re.compile(
    r"""\s*( -?\d+(\.\d+)? | '([^']|\'\')*'(::[\w ]+(\[\])?)? | true | false | null
           | now\(\) | current_timestamp | current_date )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
# SQL that has no operation of its own in Alembic and takes nothing away.
_HARMLESS_SQL = re.compile(
    r"""\s*( ALTER\s+TABLE\s+\S+\s+VALIDATE\s+CONSTRAINT\s+\S+ | COMMENT\s+ON\s[^;]* | ANALYZE\b[^;]* )\s*;?\s*""",
    re.IGNORECASE | re.VERBOSE,
)


def operations_of(upgrade: Callable[[], None]) -> list[ops.MigrateOperation]:
    """Call a revision's `upgrade` without a database, and give the operations that it called.

    Not for use while Alembic runs a revision. Raises whatever it raises: one that reads the database finds none here.
    """
    seen: list[ops.MigrateOperation] = []
    failure: Exception | None = None
    options = {"as_sql": True, "output_buffer": io.StringIO()}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    # Operations are rendered, but who asks for the connection itself gets none.
    context.connection = context.impl.connection = None
    with Operations.context(context) as operations:
        _note_into(seen, operations)
        batch = operations.batch_alter_table

        @contextmanager
        def noted_batch(*arguments: Any, **options: Any) -> Iterator[BatchOperations]:  # noqa: ANN401 - as it has them
            with batch(*arguments, **options) as inside:
                _note_into(seen, inside)
                yield inside

        operations.batch_alter_table = noted_batch  # type: ignore[method-assign]  # of this one object
        try:
            upgrade()
        except Exception as error:  # noqa: BLE001 - raised below: Operations.context() would stay in force
            failure = error
    if failure is not None:
        raise failure
    return seen


def _note_into(seen: list[ops.MigrateOperation], operations: AbstractOperations) -> None:
    """Let an object note every operation before it renders it."""
    render = operations.invoke

    def note(operation: ops.MigrateOperation) -> object:
        seen.append(operation)
        return render(operation)

    operations.invoke = note  # type: ignore[method-assign,assignment]  # of this one object


def obstacle(upgrade: Callable[[], None]) -> str | None:
    """Say what in a revision's `upgrade` a running release would notice; None where nothing is."""
    try:
        seen = operations_of(upgrade)
    except Exception as error:  # noqa: BLE001 - whatever a revision raises without a database cannot be told
        return f"it does not run without a database ({type(error).__name__}), so that nothing can be told"
    judge = _Judge(seen)
    return next((found for one in seen if (found := judge.obstacle(one)) is not None), None)


def split(operations: Iterable[ops.MigrateOperation]) -> tuple[list[ops.MigrateOperation], list[ops.MigrateOperation]]:
    """Part operations into those that a running release cannot notice, and the others, each in its order."""
    everything = list(operations)
    judge = _Judge(everything)
    expand = [one for one in everything if judge.obstacle(one) is None]
    contract = [one for one in everything if judge.obstacle(one) is not None]
    return expand, contract


class _Judge:
    """Judges an operation beside the others of its revision: what is new in it, nobody uses yet."""

    def __init__(self, operations: Iterable[ops.MigrateOperation]) -> None:
        self._tables: set[tuple[str | None, str]] = set()
        self._columns: set[tuple[str | None, str, object]] = set()
        self._indexes: set[str | None] = set()
        for one in operations:
            match one:
                case ops.CreateTableOp():
                    self._tables.add((one.schema, one.table_name))
                case ops.AddColumnOp():
                    self._columns.add((one.schema, one.table_name, one.column.name))
                case ops.CreateIndexOp():
                    self._indexes.add(one.index_name)

    @singledispatchmethod
    def obstacle(self, one: ops.MigrateOperation) -> str | None:
        """Say what is noticeable about an operation; None where nothing is."""
        return f"{_name(one)} takes away or changes what a running release may use"

    @obstacle.register(ops.CreateTableOp)
    @obstacle.register(ops.CreateTableCommentOp)
    @obstacle.register(ops.DropTableCommentOp)
    def _nothing(self, one: ops.MigrateOperation) -> None:  # noqa: ARG002 - as all of them are called
        return None

    @obstacle.register
    def _column(self, one: ops.AddColumnOp) -> str | None:
        column, name = one.column, f"{one.table_name}.{one.column.name}"
        if self._is_new(one.schema, one.table_name):
            return None
        if column.computed is not None or column.identity is not None:
            return f"{name} is computed for every row, which rewrites the table"
        if column.server_default is None:
            return None if column.nullable else f"{name} is NOT NULL without a default, which old INSERTs lack"
        return None if _is_constant(column) else f"the default of {name} is not a constant, which rewrites the table"

    @obstacle.register
    def _index(self, one: ops.CreateIndexOp) -> str | None:
        if not one.unique or self._is_new(one.schema, one.table_name, one.columns):
            return None
        return f"unique index {one.index_name} may refuse what a running release writes"

    @obstacle.register
    def _drop_index(self, one: ops.DropIndexOp) -> str | None:
        # Clears the way for the same index, should an earlier try have left remains.
        return None if one.index_name in self._indexes else f"{_name(one)} slows down what a running release asks"

    @obstacle.register
    def _unique(self, one: ops.CreateUniqueConstraintOp) -> str | None:
        if self._is_new(one.schema, one.table_name, one.columns):
            return None
        return f"unique constraint {one.constraint_name} may refuse what a running release writes"

    @obstacle.register
    def _foreign_key(self, one: ops.CreateForeignKeyOp) -> str | None:
        return self._constraint(one, one.kw.get("source_schema"), one.source_table, one.local_cols)

    @obstacle.register
    def _check(self, one: ops.CreateCheckConstraintOp) -> str | None:
        return self._constraint(one, one.schema, one.table_name)

    @obstacle.register
    def _rows(self, one: ops.BulkInsertOp) -> str | None:
        new = self._is_new(one.table.schema, str(one.table.name))
        return None if new else f"it writes rows into {one.table.name}"

    @obstacle.register
    def _sql(self, one: ops.ExecuteSQLOp) -> str | None:
        text = str(one.sqltext)
        if _HARMLESS_SQL.fullmatch(text):
            return None
        return f"what {' '.join(text.split())[:60]!r} does cannot be told"

    def _constraint(
        self, one: ops.AddConstraintOp, schema: str | None, table: str, columns: Sequence[object] = ()
    ) -> str | None:
        constraint = one.to_constraint()
        if constraint.dialect_options["postgresql"]["not_valid"] or self._is_new(schema, table, columns):
            return None
        kind = constraint.__visit_name__.replace("_", " ")
        return f"{kind} {constraint.name} is validated at once; add it NOT VALID"

    def _is_new(self, schema: str | None, table: str, columns: Sequence[object] = ()) -> bool:
        """Tell whether a table, or each of some of its columns, is made by this revision; an expression is not."""
        if (schema, table) in self._tables:
            return True
        return bool(columns) and all((schema, table, column) in self._columns for column in columns)


def _name(one: ops.MigrateOperation) -> str:
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(one).__name__.removesuffix("Op")).lower()
    what = getattr(one, "constraint_name", None) or getattr(one, "index_name", None)
    table = getattr(one, "table_name", None)
    column = getattr(one, "column_name", None)
    return " ".join(str(word) for word in (words, what or (f"{table}.{column}" if column else table)) if word)


def _is_constant(column: Column[Any]) -> bool:
    given = getattr(column.server_default, "arg", None)
    # A plain string is a literal: SQLAlchemy quotes it.
    return isinstance(given, str) or _CONSTANT.fullmatch(str(given)) is not None
