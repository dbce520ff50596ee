"""What a hook is: a command that gets an entry of the journal as JSON, or an address that it is posted to."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOMENTS = ("before", "after", "failure")
KEYS = ("command", "url", "token_file", "seconds")
SECONDS = 60.0


@dataclass(frozen=True)
class Hook:
    """One hook: a command with its arguments, or a URL.

    token_file: file with a bearer token for the URL
    seconds:    how long it may take
    """

    command: tuple[str, ...] = ()
    url: str = ""
    token_file: str = ""
    seconds: float = SECONDS

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Hook:
        """Return a hook from a description that has no problems. What is None was not given."""
        return cls(
            tuple(given.get("command") or ()),
            given.get("url") or "",
            given.get("token_file") or "",
            float(given.get("seconds") or SECONDS),
        )

    @property
    def name(self) -> str:
        """What it is called in messages: neither arguments nor the rest of an address, which may be secrets."""
        if self.command:
            return self.command[0]
        parts = urllib.parse.urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}"


def problems(hooks: object) -> list[str]:
    """Return what is wrong with hooks by moment, as an operator gave them; each in one sentence with the remedy."""
    if not isinstance(hooks, Mapping):
        return [f"upgrade_hooks has to hold lists of hooks under {_or(MOMENTS)}, and is {hooks!r}."]
    found = []
    for moment, listed in hooks.items():
        where = f"upgrade_hooks.{moment}"
        if moment not in MOMENTS:
            found.append(f"{where} means nothing here; there are {_or(MOMENTS)}.")
        elif not isinstance(listed, list):
            found.append(f"{where} has to be a list of hooks; put a dash before each.")
        else:
            found += [
                f"{where}[{number}] {problem}"
                for number, hook in enumerate(listed)
                for problem in list(_wrong(hook))[:1]
            ]
    return found


def _wrong(hook: object) -> Iterator[str]:
    if not isinstance(hook, Mapping) or ("command" in hook) == ("url" in hook):
        yield "has to have either command, a list of words, or url."
        return
    if strange := [str(key) for key in hook if key not in KEYS]:
        yield f"has {', '.join(strange)}, which means nothing here; there are {_or(KEYS)}."
    if "command" in hook:
        yield from _wrong_command(hook)
    else:
        yield from _wrong_url(hook)
    seconds = hook.get("seconds", SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
        yield f"has to give seconds as a number greater than 0, and gives {seconds!r}."


def _wrong_command(hook: Mapping[str, Any]) -> Iterator[str]:
    command = hook["command"]
    if not (isinstance(command, list) and command and all(isinstance(word, str) for word in command) and command[0]):
        yield "has to give its command as a list of words, such as [/usr/local/bin/announce, upgrade]."
    if "token_file" in hook:
        yield "has a token_file, which belongs to a url."


def _wrong_url(hook: Mapping[str, Any]) -> Iterator[str]:
    scheme, host = _scheme_and_host(hook["url"])
    if scheme not in {"https", "http"} or not host:
        yield "has to give a url that begins with https:// or http://."
    if (token_file := hook.get("token_file")) is None:
        return
    if scheme != "https":
        yield "would send its token unencrypted; give a url that begins with https://, or leave token_file out."
    if not isinstance(token_file, str) or not Path(token_file).is_file():
        yield f"names a token_file that is not on the controller: {token_file}."


def _scheme_and_host(url: object) -> tuple[str, str]:
    try:
        parts = urllib.parse.urlsplit(str(url))
    except ValueError:
        return "", ""
    return parts.scheme, parts.hostname or ""


def _or(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
