"""The keys of session cookies change while the application serves, and nobody is logged out."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from jobfolio import create_app
from unit.backend.conftest import PERSONS_PASSWORD, Database, close, signed_up


@pytest.fixture
def keys(tmp_path: Path) -> list[Path]:
    return [tmp_path / name for name in ("first", "second")]


@pytest.fixture
def backends(database: Database, keys: list[Path]) -> Iterator[list[APIFlask]]:
    """Two of them, each with a file of keys of its own."""
    made = []
    for file in keys:
        file.write_text("old")
        made.append(create_app(database.env() | {"SECRET_KEY_FILE": str(file)}))
        made[-1].config["PREFERRED_URL_SCHEME"] = "https"
    yield made
    for backend in made:
        close(backend)


def log_in(person: FlaskClient) -> None:
    """Log in again, so that another cookie is signed."""
    known = {"email": "ada@example.org", "password": PERSONS_PASSWORD}
    assert person.post("/api/v1/auth/log-in", json=known).status_code == 200


def replace(file: Path, *lines: str) -> None:
    """Replace the file as a whole, as role backend does."""
    new = file.with_suffix(".new")
    new.write_text("\n".join(lines))
    new.rename(file)


def test_a_key_is_rotated_under_those_who_are_signed_in(backends: list[APIFlask], keys: list[Path]) -> None:
    person = signed_up(backends[0], "ada@example.org")

    def answers() -> list[int]:
        found = []
        for backend in backends:
            person.application = backend
            found.append(person.get("/api/v1/work").status_code)
        return found

    def everywhere(*step: str) -> None:
        for file in keys:
            replace(file, *step)
            assert answers() == [200, 200], (step, file)

    everywhere("old", "new")
    everywhere("new", "old")
    # A week later, when every cookie that is still good was signed with the new key.
    log_in(person)
    everywhere("new")
    for file in keys:
        replace(file, "another")
    assert answers() == [401, 401]


def test_a_key_that_signs_before_all_accept_it_logs_people_out(backends: list[APIFlask], keys: list[Path]) -> None:
    """Which is why a rotation has two steps."""
    person = signed_up(backends[0], "ada@example.org")
    replace(keys[0], "new", "old")
    log_in(person)
    assert person.get("/api/v1/work").status_code == 200
    person.application = backends[1]
    assert person.get("/api/v1/work").status_code == 401


def test_keys_that_cannot_be_read_again_leave_people_signed_in(
    backends: list[APIFlask], keys: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    person = signed_up(backends[0], "ada@example.org")
    replace(keys[0], "")
    with caplog.at_level(logging.ERROR):
        assert person.get("/api/v1/work").status_code == 200
    assert "keys of session cookies cannot be read again: SECRET_KEY_FILE is empty" in caplog.text
