"""A container is compared by what was asked for, and its label gives no secret away."""

from __future__ import annotations

import hashlib
import json

from rolling.spec import complete, differences, file_digest, label, read_label

SPEC = {"name": "web", "image": "registry:5000/web@sha256:00", "memory": None, "env": {"PORT": 8000}}


def test_defaults_are_filled_in_and_what_is_none_counts_as_not_given() -> None:
    whole = complete(
        SPEC | {"mounts": [{"source": "/a", "target": "/b"}], "healthcheck": {"test": ["CMD", "x"]}}, "net"
    )
    assert "memory" not in whole
    assert whole["env"] == {"PORT": "8000"}
    assert whole["networks"] == ["net"]
    assert whole["read_only"] is True
    assert whole["mounts"] == [{"type": "bind", "read_only": True, "source": "/a", "target": "/b"}]
    assert whole["healthcheck"]["retries"] == 3


def test_what_is_given_wins_over_the_default() -> None:
    assert complete(SPEC | {"networks": ["other"], "read_only": False}, "net")["networks"] == ["other"]
    assert complete(SPEC | {"read_only": False}, "net")["read_only"] is False


def test_the_label_is_the_same_in_both_slots_and_in_any_order() -> None:
    first = complete(SPEC | {"name": "web-a"}, "net")
    second = dict(reversed(complete(SPEC | {"name": "web-b"}, "net").items()))
    assert label(first, {"/x": "1", "/y": "2"}) == label(second, {"/y": "2", "/x": "1"})


def test_a_given_default_equals_one_that_was_not_given() -> None:
    assert label(complete(SPEC, "net"), {}) == label(complete(SPEC | {"pids_limit": 256}, "net"), {})


def test_a_secret_cannot_be_guessed_from_its_digest_without_the_key() -> None:
    secret, attributes = b"hunter2", (0o400, 10001, 10001)
    shown = file_digest(b"k" * 32, "/run/secrets/x", attributes, secret)
    assert shown != file_digest(b"j" * 32, "/run/secrets/x", attributes, secret)
    message = json.dumps(["/run/secrets/x", *attributes]).encode() + b"\0" + secret
    assert shown not in hashlib.sha256(message).hexdigest()
    assert shown not in hashlib.sha256(secret).hexdigest()


def test_content_mode_and_owner_of_a_file_count() -> None:
    def digest(*attributes: int, content: bytes = b"x") -> str:
        return file_digest(b"k", "/x", (attributes[0], attributes[1], attributes[2]), content)

    usual = digest(0o400, 1, 1)
    assert usual == digest(0o400, 1, 1)
    assert (
        len({usual, digest(0o440, 1, 1), digest(0o400, 2, 1), digest(0o400, 1, 2), digest(0o400, 1, 1, content=b"y")})
        == 5
    )


def test_the_diff_names_exactly_what_differs() -> None:
    now = {"memory": "512m", "env": {"A": "1", "B": "2"}, "image": "x", "cpus": 1}
    wanted = {"memory": "768m", "env": {"A": "1", "B": "3"}, "image": "x", "shm_size": "1g"}
    assert differences(now, wanted) == (
        {"memory": "512m", "env": {"B": "2"}, "cpus": 1},
        {"memory": "768m", "env": {"B": "3"}, "shm_size": "1g"},
    )


def test_a_container_of_somebody_else_is_like_nothing() -> None:
    assert read_label(None) == read_label("") == read_label("not json") == read_label("[1]") == {}
