"""Who would break if the schema went somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def schema_obstacles(running: Mapping[str, Sequence[str]], revision: str) -> list[str]:
    """Return the running backends that do not work on a revision of the schema, with those that they work on.

    Args:
        running: By host, a line for each container that runs there: its name, and the revisions it works on.
        revision: Where the schema would go.
    """
    found = []
    for host, lines in running.items():
        for name, *works_on in map(str.split, lines):
            if revision not in works_on:
                found.append(f"{host} ({name} works on {', '.join(works_on) or 'what it could not tell'})")
    return found


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {"schema_obstacles": schema_obstacles}
