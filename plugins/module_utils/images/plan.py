"""Which images have to be built and which to be pushed: decisions only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


@dataclass(frozen=True)
class Plan:
    """Names of images, in the order in which to build and to push them."""

    build: tuple[str, ...]
    push: tuple[str, ...]


def plan(
    names: Sequence[str], local: Collection[str], pushed: Mapping[str, str | None], needed: Collection[str]
) -> Plan:
    """Return what to build and to push.

    Args:
        names: Every image, in the order in which they build on each other.
        local: Those that the engine has.
        pushed: Digest in the registry of each, None where it has none or does not answer.
        needed: Those that the engine itself runs, and must have even where the registry has them too.
    """
    return Plan(
        build=tuple(name for name in names if name not in local and (pushed.get(name) is None or name in needed)),
        push=tuple(name for name in names if pushed.get(name) is None),
    )
