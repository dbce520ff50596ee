"""Runs one hook. Standard library only."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any

from .model import Hook

SHOWN = 300


class HookError(Exception):
    """A hook failed. The message is one sentence for the operator."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive without its body, and its token at another host."""

    def redirect_request(self, *_given: object, **_named: object) -> None:
        """Follow none: the redirection is then an error."""


def deliver(hook: Hook, entry: Mapping[str, Any]) -> None:
    """Give an entry of the journal to a hook, and wait until it is done with it.

    Raises:
        HookError: It could not be called, refused, or took too long.
    """
    text = json.dumps(entry)
    if hook.command:
        _run(hook, text)
    else:
        _post(hook, text)


def _run(hook: Hook, text: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
            hook.command,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=hook.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise HookError(f"The hook {hook.name} was not done after {hook.seconds:g} s.") from None
    except OSError as error:
        raise HookError(f"The hook {hook.name} cannot be run: {error.strerror}.") from error
    if done.returncode:
        raise HookError(f"The hook {hook.name} ended with status {done.returncode}{_words(done.stderr or done.stdout)}")


def _post(hook: Hook, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    try:
        if hook.token_file:
            headers["Authorization"] = f"Bearer {Path(hook.token_file).read_text(encoding='utf-8').strip()}"
        request = urllib.request.Request(hook.url, text.encode(), headers, method="POST")  # noqa: S310 - http, https only
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=hook.seconds) as answer:
            answer.read(SHOWN)
    except urllib.error.HTTPError as error:
        said = error.read(SHOWN).decode(errors="replace")
        raise HookError(f"The hook {hook.name} answered {error.code}{_words(said)}") from error
    except OSError as error:
        raise HookError(f"The hook {hook.name} cannot be called: {getattr(error, 'reason', None) or error}.") from error
    except (HTTPException, ValueError):
        # Its words would show the address or the token.
        raise HookError(
            f"The hook {hook.name} cannot be called: url and token may hold neither spaces nor line breaks, and"
            " the answer has to be HTTP."
        ) from None


def _words(said: str) -> str:
    """Return the end of what a hook said, as the end of a sentence."""
    words = " ".join(said.split())[-SHOWN:]
    return f": {words}" if words else "."
