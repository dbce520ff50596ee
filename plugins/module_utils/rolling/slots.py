"""Which slot serves, which one is next and which one goes: decisions only, no input or output.

The containers on the host are the only memory of what an earlier run did. A slot that is being emptied keeps its
stopped container until every edge has been told: a run interrupted anywhere leaves a state that says what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """What stands in a slot.

    exists:  a container of that name is there
    running: it runs and does not crash again and again
    matches: it is what is asked for
    healthy: Docker's health check has nothing against it
    ready:   it answers its readiness check; only asked where two containers run and neither is wanted
    created: when it was made, as Docker writes it (RFC 3339, so that text order is time order)
    """

    name: str
    exists: bool = False
    running: bool = False
    matches: bool = False
    healthy: bool = True
    ready: bool = True
    created: str = ""


@dataclass(frozen=True)
class Plan:
    """The steps, in this order; None means the step is not needed.

    keep:   slot that serves until `serve` is ready, if any does
    evict:  empty this slot first, while `keep` goes on serving
    start:  create the container in this slot
    check:  wait until `serve` is ready
    retire: empty this slot, after `serve` has taken over
    """

    serve: str
    keep: str | None = None
    evict: str | None = None
    start: str | None = None
    check: bool = False
    retire: str | None = None

    @property
    def changes(self) -> bool:
        """Whether anything on the host will be different afterwards."""
        return bool(self.evict or self.start or self.retire)


def plan(slots: Sequence[Slot], *, in_place: bool = False) -> Plan:
    """Return the steps from what stands in one or two slots to exactly one container that is what is asked for.

    `in_place` replaces a container where it stands, which loses requests. A service with one slot is always
    replaced in place.
    """
    running = [slot for slot in slots if slot.running]
    wanted = [slot for slot in running if slot.matches]
    if wanted:
        serve = wanted[0]
        others = [slot for slot in slots if slot.exists and slot is not serve]
        return Plan(
            serve.name,
            keep=_only([slot.name for slot in others if slot.running]),
            check=bool(others) or not serve.healthy,
            retire=_only([slot.name for slot in others]),
        )
    if len(running) > 1:
        return _after_two(running, in_place=in_place)
    if running and not in_place and len(slots) > 1:
        spare = next(slot for slot in slots if slot is not running[0])
        return Plan(spare.name, keep=running[0].name, start=spare.name, check=True, retire=running[0].name)
    target = running[0] if running else slots[0]
    left = [slot.name for slot in slots if slot.exists and slot is not target]
    return Plan(target.name, start=target.name, check=True, retire=_only(left))


def _after_two(running: Sequence[Slot], *, in_place: bool) -> Plan:
    """Two run and neither is wanted: an interrupted run left them. The one that is ready stays, else the older one."""
    keep, evict = sorted(running, key=lambda slot: (not slot.ready, slot.created))
    if in_place:
        return Plan(keep.name, keep=keep.name, evict=evict.name, start=keep.name, check=True)
    return Plan(evict.name, keep=keep.name, evict=evict.name, start=evict.name, check=True, retire=keep.name)


def _only(names: Sequence[str]) -> str | None:
    return names[0] if names else None
