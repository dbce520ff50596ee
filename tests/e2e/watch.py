"""Notes whatever goes wrong in a page without showing on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request, Response

# Answers that belong to the stories: nobody is signed in, a password is wrong, an address is taken, a field is refused,
# a file is no document, another window was faster.
EXPECTED_REFUSALS = re.compile(
    r"/auth/(me|log-in) 401|/auth/sign-up 409|/profile (412|422)|/account/(password|deletion) 403"
    r"|/documents 415|/work/\d+ 422"
)


@dataclass
class Watch:
    """Errors of scripts, the console (where Chromium reports content security policy violations) and the network."""

    problems: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        """Begin to watch a page."""
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("console", self._console)
        page.on("response", self._response)
        page.on("requestfailed", self._request_failed)

    def _console(self, message: ConsoleMessage) -> None:
        # An answer with an error status is judged by its status and address, in _response.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        path = urlsplit(response.url).path
        told = f"{path.removeprefix('/api/v1')} {response.status}"
        if response.status >= 400 and not EXPECTED_REFUSALS.fullmatch(told):
            self.problems.append(f"answer: {response.status} {response.request.method} {path}")

    def _request_failed(self, request: Request) -> None:
        # Leaving a page ends what it was loading.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"request: {request.failure} {request.method} {request.url}")
