"""Every state that two slots can be in leads to one container as asked for, however often a run is interrupted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rolling.slots import Plan, Slot, plan

State = dict[str, Slot]
KINDS = [
    {},
    {"exists": True},
    {"exists": True, "matches": True},
    {"exists": True, "running": True},
    {"exists": True, "running": True, "ready": False},
    {"exists": True, "running": True, "matches": True},
    {"exists": True, "running": True, "matches": True, "healthy": False},
]
PAIRS = [
    {"a": Slot("a", created="1", **first), "b": Slot("b", created="2", **second)}
    for first, second in itertools.product(KINDS, KINDS)
]


def steps(steps_of: Plan, state: State) -> Iterator[State]:
    """The states that carrying out a plan goes through, as the role's tasks do it."""
    actions: list[Slot] = []
    if steps_of.evict:
        actions += [replace(state[steps_of.evict], running=False), Slot(steps_of.evict)]
    if steps_of.start:
        actions.append(Slot(steps_of.start, exists=True, running=True, matches=True, created="3"))
    if steps_of.retire:
        actions += [replace(state[steps_of.retire], running=False), Slot(steps_of.retire)]
    for slot in actions:
        state = state | {slot.name: slot}
        yield state


def run(state: State, *, in_place: bool = False) -> list[State]:
    """All states of one whole run, the first included."""
    return [state, *steps(plan(list(state.values()), in_place=in_place), state)]


def is_done(state: State) -> bool:
    there = [slot for slot in state.values() if slot.exists]
    return len(there) == 1 and there[0].running and there[0].matches


def describe(state: State) -> str:
    return "-".join(
        "".join(letter for letter, on in zip("erm", (slot.exists, slot.running, slot.matches), strict=True) if on)
        or "0"
        for slot in state.values()
    )


@pytest.mark.parametrize("state", PAIRS, ids=describe)
def test_one_run_leaves_exactly_one_container_and_it_is_the_one_asked_for(state: State) -> None:
    assert is_done(run(state)[-1])


@pytest.mark.parametrize("state", PAIRS, ids=describe)
def test_something_runs_at_every_moment_where_something_ran_before(state: State) -> None:
    if any(slot.running for slot in state.values()):
        assert all(any(slot.running for slot in moment.values()) for moment in run(state))


@pytest.mark.parametrize("state", PAIRS, ids=describe)
def test_a_run_interrupted_anywhere_is_finished_by_the_next(state: State) -> None:
    for moment in run(state):
        assert is_done(run(moment)[-1])


@pytest.mark.parametrize("state", PAIRS, ids=describe)
def test_a_run_interrupted_anywhere_is_finished_by_the_next_that_wants_something_else(state: State) -> None:
    for moment in run(state):
        other = {name: replace(slot, matches=False) for name, slot in moment.items()}
        assert is_done(run(other)[-1])


@pytest.mark.parametrize("state", PAIRS, ids=describe)
def test_replacing_in_place_ends_the_same(state: State) -> None:
    assert is_done(run(state, in_place=True)[-1])


def test_nothing_is_planned_where_the_right_container_runs() -> None:
    assert plan([Slot("a"), Slot("b", True, True, True)]) == Plan("b")
    assert not plan([Slot("a"), Slot("b", True, True, True)]).changes


def test_an_unhealthy_container_is_looked_at_though_nothing_changes() -> None:
    steps_of = plan([Slot("a", True, True, True, healthy=False)])
    assert steps_of.check and not steps_of.changes


def test_the_new_container_starts_in_the_spare_slot_and_the_old_one_goes_last() -> None:
    old = Slot("a", exists=True, running=True)
    assert plan([old, Slot("b")]) == Plan("b", keep="a", start="b", check=True, retire="a")


def test_of_two_unwanted_containers_the_ready_one_serves_on() -> None:
    old = Slot("a", exists=True, running=True, ready=False, created="1")
    new = Slot("b", exists=True, running=True, ready=True, created="2")
    assert plan([old, new]) == Plan("a", keep="b", evict="a", start="a", check=True, retire="b")


def test_of_two_ready_containers_the_older_one_serves_on() -> None:
    old = Slot("b", exists=True, running=True, created="2026-01-01T00:00:00.5Z")
    new = Slot("a", exists=True, running=True, created="2026-01-01T00:00:00.9Z")
    assert plan([new, old]).keep == "b"


def test_what_is_replaced_in_place_needs_no_second_slot() -> None:
    old = Slot("a", exists=True, running=True)
    assert plan([old]) == Plan("a", start="a", check=True)
    assert plan([old, Slot("b")], in_place=True) == Plan("a", start="a", check=True)
