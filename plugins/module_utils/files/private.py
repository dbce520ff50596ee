"""A service's private folder and its files: what has to change, as module arguments name them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .disk import observe
from .plan import Wanted, parse_mode, plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .plan import Change


def changes(directory: str, files: Iterable[Mapping[str, str]]) -> list[Change]:
    """Return what has to change on this host.

    Args:
        directory: The folder, for root alone. The one above it is made for all to read, as role base makes it.
        files: Each with ``path``, ``content`` and ``mode``; a folder of theirs is there already.
    """
    wanted = [
        Wanted(str(Path(directory).parent), "directory", 0o755),
        Wanted(directory, "directory", 0o700),
        *(Wanted(item["path"], "file", parse_mode(item["mode"]), content=item["content"].encode()) for item in files),
    ]
    return plan(wanted, {item.path: observe(item.path) for item in wanted}, [])
