"""A build is told everything it needs, its secret stays out of it, and only the network's failures are tried again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from images.engine import BuildFailedError, attempt, build_command

if TYPE_CHECKING:
    from collections.abc import Callable


def test_ca_is_a_secret_of_the_build_and_no_argument_of_it() -> None:
    command = build_command(
        "app/edge:1", "images/edge/Dockerfile", {"BASE_IMAGE": "app/base:1"}, "host", Path("/ca.crt")
    )
    assert "--secret=id=ca,src=/ca.crt" in command
    assert [part for part in command if part.startswith("--build-arg")] == ["--build-arg=BASE_IMAGE=app/base:1"]
    assert command[-1] == "-"


def test_without_a_ca_there_is_no_secret() -> None:
    assert not any("secret" in part for part in build_command("app/edge:1", "Dockerfile", {}, "default", None))


@pytest.mark.parametrize(
    "output",
    [
        "Err:1 http://mirror.example/debian trixie InRelease\n  Temporary failure resolving 'mirror.example'",
        "E: Failed to fetch http://mirror.example/x.deb  Hash Sum mismatch",
        "npm error code ECONNRESET",
        "ReadTimeoutError: HTTPSConnectionPool: Read timed out. (read timeout=15)",
        "dial tcp 198.18.0.15:5000: connect: connection refused",
    ],
)
def test_failure_of_the_network_is_worth_another_try(output: str) -> None:
    assert BuildFailedError(output).worth_another_try


@pytest.mark.parametrize(
    "output",
    ["src/App.tsx(3,1): error TS2304: Cannot find name 'x'.", "E: Unable to locate package postgresql-18", ""],
)
def test_failure_of_the_build_is_not_tried_again(output: str) -> None:
    assert not BuildFailedError(output).worth_another_try


def test_failure_shows_the_end_of_what_was_printed() -> None:
    assert str(BuildFailedError("\n".join(map(str, range(100))), lines=2)) == "98\n99"


def failing(*outputs: str) -> tuple[list[str], Callable[[], None]]:
    """Return what has been tried, and a step that fails with one output after another and then succeeds."""
    tried: list[str] = []

    def step() -> None:
        tried.append("once")
        if len(tried) <= len(outputs):
            raise BuildFailedError(outputs[len(tried) - 1])

    return tried, step


def test_build_that_the_network_failed_once_succeeds() -> None:
    tried, step = failing("Hash Sum mismatch")
    attempt(step, attempts=3, pause=0)
    assert len(tried) == 2


def test_network_that_stays_away_is_given_up() -> None:
    tried, step = failing(*["Connection timed out"] * 9)
    with pytest.raises(BuildFailedError):
        attempt(step, attempts=3, pause=0)
    assert len(tried) == 3


def test_build_that_failed_by_itself_is_given_up_at_once() -> None:
    tried, step = failing("error TS2304")
    with pytest.raises(BuildFailedError):
        attempt(step, attempts=3, pause=0)
    assert len(tried) == 1
