"""What revisions really execute: SQL that is rendered without a database lacks whatever depends on its contents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import ClientCursor
from sqlalchemy import Connection, event

RECORDER = "recorder"  # key in the attributes of Alembic's Config, which is where env.py finds one


@dataclass
class Applied:
    """A revision, and the statements that it executed, with their parameters in place."""

    revision: str
    statements: list[str] = field(default_factory=list)


class Recorder:
    """Notes down every statement on a connection, by revision, with the limits of its transactions."""

    def __init__(self) -> None:
        self.applied: list[Applied] = []
        self._statements: list[str] = []
        self._begun = False

    def listen(self, connection: Connection) -> None:
        """Note down what is executed on a connection from now on, instead of one before."""
        self._statements, self._begun = [], False
        event.listen(connection, "begin", self._begin)
        event.listen(connection, "commit", self._commit)
        event.listen(connection, "after_cursor_execute", self._statement)

    def begin(self, revision: str) -> None:
        """Begin a revision; one that was begun before met a busy table, and starts anew."""
        self.applied = [one for one in self.applied if one.revision != revision]
        # The first one runs in the transaction in which Alembic has asked where the schema is.
        if self._begun:
            self._statements = []
        self._begun = True
        self.applied.append(Applied(revision, self._statements))

    def _begin(self, connection: Connection) -> None:
        if _in_transaction(connection):
            self._statements.append("BEGIN")

    def _commit(self, connection: Connection) -> None:
        if not self._begun:
            self._statements = []
        elif _in_transaction(connection):
            self._statements.append("COMMIT")

    def _statement(
        self,
        connection: Connection,
        _cursor: object,
        statement: str,
        parameters: Any,  # noqa: ANN401 - as the driver takes them
        _context: object,
        executemany: bool,
    ) -> None:
        rendered = ClientCursor(connection.connection.driver_connection)  # type: ignore[arg-type]  # psycopg's own
        many: Sequence[Any] = parameters if executemany else [parameters]
        for one in many:
            self._statements.append(rendered.mogrify(statement, one))


def _in_transaction(connection: Connection) -> bool:
    """Tell a transaction from an autocommit block, which SQLAlchemy begins and commits like one."""
    return connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT"
