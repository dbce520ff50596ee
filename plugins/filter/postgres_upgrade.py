"""Whether a cluster of PostgreSQL can be brought to a later version, for templates."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

# On a controller, plugins find the project's own Python only so.
sys.path.append(str(Path(__file__).parents[1] / "module_utils"))

from postgres.upgrade import Image, obstacles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def upgrade_obstacles(databases: Iterable[str], image: str, *, version: int, free: int, place: str) -> list[str]:
    """Return what keeps from an upgrade; `databases` are lines of JSON, and `image` is one of the new image."""
    return obstacles(
        [json.loads(one) for one in databases], Image(**json.loads(image)), version=version, free=free, place=place
    )


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {"upgrade_obstacles": upgrade_obstacles}
