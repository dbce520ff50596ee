"""An image is built and pushed when it is missing, and not otherwise."""

from __future__ import annotations

from images.plan import Plan, plan

NAMES = ["base", "postgres", "registry"]
PUSHED = dict.fromkeys(NAMES, "sha256:0")
ABSENT = dict.fromkeys(NAMES)


def test_first_run_builds_and_pushes_everything_the_base_first() -> None:
    assert plan(NAMES, set(), ABSENT, ["registry"]) == Plan(build=tuple(NAMES), push=tuple(NAMES))


def test_second_run_does_nothing() -> None:
    assert plan(NAMES, set(NAMES), PUSHED, ["registry"]) == Plan((), ())


def test_what_a_run_has_built_before_it_was_interrupted_is_only_pushed() -> None:
    assert plan(NAMES, {"base", "postgres"}, ABSENT, ["registry"]) == Plan(build=("registry",), push=tuple(NAMES))


def test_changed_image_alone_is_built() -> None:
    found = plan(NAMES, {"base", "registry"}, {**PUSHED, "postgres": None}, ["registry"])
    assert found == Plan(build=("postgres",), push=("postgres",))


def test_new_build_host_takes_from_the_registry_what_is_there_but_for_what_it_runs_itself() -> None:
    assert plan(NAMES, set(), PUSHED, ["registry"]) == Plan(build=("registry",), push=())
