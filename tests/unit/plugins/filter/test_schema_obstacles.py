"""A backend stands in the way of a revision that it does not work on."""

from filter.schema_obstacles import schema_obstacles

RUNNING = {"one": ["backend-a 0002 0001"], "two": ["backend-a 0001", "backend-b 0002 0001"], "three": []}


def test_those_that_do_not_work_on_a_revision_are_named_with_their_host() -> None:
    assert schema_obstacles(RUNNING, "0002") == ["two (backend-a works on 0001)"]
    assert len(schema_obstacles(RUNNING, "0003")) == 3


def test_one_that_could_not_tell_is_in_the_way() -> None:
    assert schema_obstacles({"one": ["backend-a "]}, "0001") == ["one (backend-a works on what it could not tell)"]


def test_nobody_stands_in_the_way_of_what_all_work_on() -> None:
    assert schema_obstacles(RUNNING, "0001") == []
