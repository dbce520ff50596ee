"""Hooks that could not be called are refused, each in one sentence that says what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from hooks.model import Hook, problems


@pytest.fixture
def token(tmp_path: Path) -> str:
    path = tmp_path / "token"
    path.write_text("s3cret\n")
    return str(path)


def test_no_hooks_and_good_ones_have_no_problems(token: str) -> None:
    assert problems({}) == []
    assert problems({"before": [], "after": []}) == []
    hooks = {
        "before": [{"command": ["/usr/local/bin/may-upgrade", "jobfolio"], "seconds": 600}],
        "after": [{"url": "https://chat.example.org/hooks/7", "token_file": token}, {"url": "http://10.0.0.7:8080/"}],
        "failure": [{"command": ["logger", "--tag", "jobfolio"], "seconds": 0.5}],
    }
    assert problems(hooks) == []


@pytest.mark.parametrize(
    ("hooks", "said"),
    [
        ("mail", "upgrade_hooks has to hold lists of hooks under before, after and failure, and is 'mail'."),
        ([], "upgrade_hooks has to hold lists of hooks under before, after and failure, and is []."),
        ({"afterwards": []}, "upgrade_hooks.afterwards means nothing here; there are before, after and failure."),
        ({"after": {"url": "https://a.org"}}, "upgrade_hooks.after has to be a list of hooks; put a dash before each."),
        ({"after": None}, "upgrade_hooks.after has to be a list of hooks; put a dash before each."),
    ],
)
def test_a_variable_of_another_shape_is_refused_with_the_right_one(hooks: object, said: str) -> None:
    assert problems(hooks) == [said]


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("logger", "has to have either command, a list of words, or url."),
        ({}, "has to have either command, a list of words, or url."),
        ({"command": ["a"], "url": "https://a.org"}, "has to have either command, a list of words, or url."),
        (
            {"command": ["a"], "timeout": 3},
            "has timeout, which means nothing here; there are command, url, token_file and seconds.",
        ),
        (
            {"command": "logger upgraded"},
            "has to give its command as a list of words, such as [/usr/local/bin/announce, upgrade].",
        ),
        ({"command": []}, "has to give its command as a list of words, such as [/usr/local/bin/announce, upgrade]."),
        ({"command": [7]}, "has to give its command as a list of words, such as [/usr/local/bin/announce, upgrade]."),
        ({"command": ["a"], "token_file": "/etc/token"}, "has a token_file, which belongs to a url."),
        ({"url": "chat.example.org"}, "has to give a url that begins with https:// or http://."),
        ({"url": "file:///etc/passwd"}, "has to give a url that begins with https:// or http://."),
        ({"url": "https://"}, "has to give a url that begins with https:// or http://."),
        ({"url": "https://[::1/"}, "has to give a url that begins with https:// or http://."),
        ({"url": ["https://a.org"]}, "has to give a url that begins with https:// or http://."),
        (
            {"url": "http://a.org", "token_file": "/etc/hostname"},
            "would send its token unencrypted; give a url that begins with https://, or leave token_file out.",
        ),
        (
            {"url": "https://a.org", "token_file": "/no/such/file"},
            "names a token_file that is not on the controller: /no/such/file.",
        ),
        ({"command": ["a"], "seconds": 0}, "has to give seconds as a number greater than 0, and gives 0."),
        ({"command": ["a"], "seconds": "1m"}, "has to give seconds as a number greater than 0, and gives '1m'."),
        ({"command": ["a"], "seconds": True}, "has to give seconds as a number greater than 0, and gives True."),
    ],
)
def test_a_hook_that_could_not_be_called_is_named_with_the_remedy(hook: object, said: str) -> None:
    assert problems({"after": [{"command": ["true"]}, hook]}) == [f"upgrade_hooks.after[1] {said}"]


def test_a_hook_is_called_by_neither_its_arguments_nor_the_rest_of_its_address() -> None:
    assert Hook(command=("curl", "--user", "ana:s3cret")).name == "curl"
    assert Hook(url="https://ana:s3cret@chat.example.org/hooks/T0/s3cret?key=s3cret").name == "https://chat.example.org"


def test_what_ansible_leaves_empty_was_not_given() -> None:
    given = {"command": ["true"], "url": None, "token_file": None, "seconds": 60.0}
    assert Hook.of(given) == Hook(command=("true",))
