"""Whether this process may be sent requests: the database answers and its schema suffices for this release."""

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from alembic.script import ScriptDirectory
from phased_migrations.history import sufficient
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from .config import ConfigurationError

log = logging.getLogger(__name__)

SchemaState = Literal["current", "ahead", "behind", "missing", "unknown"]


@dataclass(frozen=True)
class Readiness:
    """The answer to a probe: which schema revision is needed, which one the database has."""

    required: str
    current: str | None
    state: SchemaState
    reason: str = ""

    @property
    def ready(self) -> bool:
        """Ahead is ready: a newer release has expanded the schema, and older ones keep serving beside it."""
        return self.state in {"current", "ahead"}


class SchemaGate:
    """Compares the database's schema revision with the history that this release carries."""

    def __init__(self, migrations_dir: str, engine: Engine) -> None:
        self._migrations_dir = migrations_dir
        self._engine = engine
        self._last_state: SchemaState = "current"

    @cached_property
    def known(self) -> frozenset[str]:
        """All revisions that this release knows."""
        return frozenset(revision.revision for revision in self._history.walk_revisions())

    @cached_property
    def head(self) -> str:
        """The newest revision of this release. Raises ConfigurationError where there is no history."""
        return self._sufficient[0]

    @cached_property
    def required(self) -> str:
        """The oldest revision that this release works with: those after it only contract, once nobody needs the old."""
        return self._sufficient[-1]

    @cached_property
    def _sufficient(self) -> list[str]:
        if not (found := sufficient(self._history)):
            raise ConfigurationError(f"MIGRATIONS_DIR holds no revision ({self._migrations_dir}).")
        return found

    @cached_property
    def _history(self) -> ScriptDirectory:
        return ScriptDirectory(self._migrations_dir)

    def check(self) -> Readiness:
        """Ask the database; takes at most a few seconds, a millisecond as a rule. What changes is logged."""
        found = self._look()
        if found.state != self._last_state:
            log.warning(
                "schema %s: required %s, current %s. %s", found.state, found.required, found.current, found.reason
            )
            self._last_state = found.state
        return found

    def _look(self) -> Readiness:
        try:
            with self._engine.connect() as connection:
                current = connection.scalar(text("SELECT version_num FROM alembic_version"))
        except ProgrammingError:
            current = None  # no such table
        except SQLAlchemyError:
            return Readiness(self.required, None, "unknown", "The database does not answer.")
        except ConfigurationError as error:
            return Readiness(self.required, None, "unknown", error.message)
        if current is None:
            return Readiness(
                self.required,
                None,
                "missing",
                "The database has no schema: run `flask db upgrade`.",
            )
        if current in self._sufficient:
            return Readiness(self.required, current, "current")
        if current in self.known:
            return Readiness(
                self.required,
                current,
                "behind",
                "The schema is older than this release: run `flask db upgrade`.",
            )
        return Readiness(self.required, current, "ahead")

    def close(self) -> None:
        """Close the probe's connection."""
        self._engine.dispose()
