"""Read off the schema's history which revisions a release works on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Path(__file__).resolve().parents[2] / "app" / "phased_migrations"


def schema_history(folder: str) -> dict[str, list[str]]:
    """Return the revisions that the release of a history works on, and those before them, each newest first.

    ``contracts`` are those of them that took something away, which releases that do not know them may miss.

    Args:
        folder: Where the history lies, with its revisions in ``versions``.

    Raises:
        ValueError: There is none, it has several heads, or a phase makes no sense. The message is one sentence for the
            operator.
    """
    if str(PACKAGE) not in sys.path:
        sys.path.append(str(PACKAGE))
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see the path above; and only a build needs it
    from phased_migrations import Phase, PhaseError  # noqa: PLC0415
    from phased_migrations.history import phases_of, sufficient  # noqa: PLC0415

    directory = ScriptDirectory(folder)
    try:
        found = sufficient(directory)
        phases = phases_of(directory)
    except PhaseError as error:
        raise ValueError(f"{folder}: {error}") from error
    if not found:
        raise ValueError(f"{folder}: there is no revision, so no release can say which schema it needs.")
    known = [script.revision for script in directory.walk_revisions()]
    return {
        "works_on": found,
        "older": [revision for revision in known if revision not in found],
        "contracts": [revision for revision in known if phases[revision] is Phase.CONTRACT],
    }


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {"schema_history": schema_history}
