"""The history of revisions as phases see it: what is pending, what may be applied now, what a release needs."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from alembic.script import Script, ScriptDirectory

from .phase import Phase, PhaseError, phase_of

HEAD_FILE = ".head"


def head_file(directory: ScriptDirectory) -> Path:
    """Where the newest revision's name lies, so that two branches conflict in git rather than at a deployment."""
    return Path(directory.versions) / HEAD_FILE


def only_head(directory: ScriptDirectory) -> str | None:
    """Give the one head of the history, None where it is empty.

    Raises PhaseError where there are several, or where the head file names another.
    """
    heads = directory.get_heads()
    if len(heads) > 1:
        raise PhaseError(
            f"The history has {len(heads)} heads ({', '.join(sorted(heads))}): set down_revision of the one that is"
            " deployed last to the other, and write the head file with `flask phases head`."
        )
    head = heads[0] if heads else None
    path = head_file(directory)
    if path.exists() and (named := path.read_text().strip()) != head:
        raise PhaseError(f"{path.name} names {named}, but the history ends at {head}: run `flask phases head`.")
    return head


def pending(directory: ScriptDirectory, current: Iterable[str], destination: str = "head") -> list[Script]:
    """Give the revisions between what the database has and a destination, oldest first.

    Raises PhaseError where the database has a revision that this history does not know.
    """
    lower = tuple(current)
    known = {script.revision for script in directory.walk_revisions()}
    if strangers := sorted(set(lower) - known):
        raise PhaseError(
            f"The schema is ahead: this history does not know {', '.join(strangers)}. Use the release that made it, or"
            " a newer one."
        )
    return list(directory.iterate_revisions(destination, lower, implicit_base=True))[::-1]


def phases_of(directory: ScriptDirectory) -> dict[str, Phase]:
    """Give the phase of every revision. Not for use while Alembic runs a revision. Raises PhaseError."""
    return {script.revision: phase_of(script).phase for script in directory.walk_revisions()}


def applicable(revisions: list[Script], phases: Mapping[str, Phase], wanted: Phase, *, empty: bool) -> list[Script]:
    """Choose those of the pending revisions that may be applied in a phase.

    On an `empty` database no release runs, and everything may be. Else the expands must come first: one behind a
    contract belongs to a release that the database is not ready for. To contract, none of them may be left. Raises
    PhaseError saying which revisions are in the way.
    """
    if empty:
        return revisions
    expands = [script for script in revisions if phases[script.revision] is Phase.EXPAND]
    contracts = [script for script in revisions if phases[script.revision] is Phase.CONTRACT]
    if expands + contracts != revisions:
        raise PhaseError(
            f"{_names(contracts[:1])} is pending and comes before {_names(expands[-1:])}: deploy the release that ends"
            f" with {contracts[0].revision} and contract there first, or take the application down and upgrade with"
            " -x downtime=yes."
        )
    if wanted is Phase.EXPAND:
        return expands
    if expands:
        raise PhaseError(f"{_names(expands)} must be applied first, by the upgrade to this release (phase expand).")
    return contracts


def sufficient(directory: ScriptDirectory) -> list[str]:
    """Give the revisions that the code beside this history works on, newest first.

    All but the last of them are contracts, which are applied when the code's predecessors are gone. Raises PhaseError.
    """
    found: list[str] = []
    script = directory.get_revision(head) if (head := only_head(directory)) else None
    while script is not None:
        found.append(script.revision)
        if phase_of(script).phase is Phase.EXPAND or not isinstance(script.down_revision, str):
            break
        script = directory.get_revision(script.down_revision)
    return found


def _names(scripts: Iterable[Script]) -> str:
    return ", ".join(f"{script.revision} ({script.doc.rstrip('.')})" for script in scripts)
