"""Read the newest revision off an Alembic history, where the application it belongs to is not installed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def assigned(source: str) -> dict[str, object]:
    """Return the literals that a module assigns to names at its top level, annotated or not."""
    found: dict[str, object] = {}
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        try:
            found[name] = ast.literal_eval(value)
        except ValueError:
            continue
    return found


def head(sources: Iterable[str]) -> str:
    """Return the revision that no other one follows.

    Args:
        sources: The source of each revision.

    Raises:
        ValueError: There is none, or more than one. The message is one sentence for the operator.
    """
    revisions: set[str] = set()
    followed: set[str] = set()
    for source in sources:
        names = assigned(source)
        if not isinstance(revision := names.get("revision"), str):
            continue
        revisions.add(revision)
        down = names.get("down_revision")
        followed.update([down] if isinstance(down, str) else down if isinstance(down, tuple | list) else [])
    heads = sorted(revisions - followed)
    if not heads:
        raise ValueError("there is no revision, so no release can say which schema it needs.")
    if len(heads) > 1:
        raise ValueError(f"the history has several heads ({', '.join(heads)}): join them with flask db merge.")
    return heads[0]


def migrations_head(folder: str) -> str:
    """Return the newest revision of the history in a folder, whose revisions lie in its ``versions``.

    Raises:
        ValueError: There is none, or more than one.
    """
    try:
        return head(path.read_text() for path in Path(folder, "versions").glob("*.py"))
    except ValueError as error:
        raise ValueError(f"{folder}: {error}") from error


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {"migrations_head": migrations_head}
