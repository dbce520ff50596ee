"""One person's visit: the page, a log-in or a sign-up, a profile that is saved and read back."""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import ssl
import urllib.request
from typing import Any
from urllib.error import HTTPError

# What the page is recognised by.
ROOT = b'<div id="root">'
# Statuses.
OK, CREATED, WRONG_PASSWORD = 200, 201, 401


class VisitError(Exception):
    """The application does not do what a person came for; the message says what it did instead."""


class Visitor:
    """A person with an account, at one address of the application."""

    def __init__(self, url: str, *, ca_file: str | None, timeout: float = 30.0) -> None:
        """Come to a URL; its certificate has to be of the CA in a file, or of one that the machine trusts."""
        self._url, self._timeout = url, timeout
        self._opener = urllib.request.build_opener(
            # The application itself is asked, whatever proxy leads to the Internet.
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file)),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )

    def open_page(self) -> None:
        """Open the first page.

        Raises:
            VisitError: Something else is there, or nothing.
        """
        status, answer = self._ask("GET", "/")
        if status != OK or ROOT not in answer:
            raise VisitError(f"GET {self._url}/ answered {status}, and not with the application's page.")

    def sign_in(self, email: str, password: str) -> None:
        """Log in, or sign up where there is no such account.

        Raises:
            VisitError: Neither works.
        """
        account = {"email": email, "password": password}
        status, _ = self._ask("POST", "/api/v1/auth/log-in", account)
        if status == WRONG_PASSWORD:
            self._expect(CREATED, "POST", "/api/v1/auth/sign-up", account)
        elif status != OK:
            raise VisitError(self._said("POST", "/api/v1/auth/log-in", status))

    def save(self, headline: str) -> None:
        """Save a profile with this headline, and read it back.

        Raises:
            VisitError: It could not be saved, or what was read is not what was saved.
        """
        self._expect(OK, "PUT", "/api/v1/profile", {"headline": headline})
        profile = json.loads(self._expect(OK, "GET", "/api/v1/profile"))
        if profile.get("headline") != headline:
            raise VisitError(f"The profile read back through {self._url} is not the one that was saved.")

    def _expect(self, wanted: int, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        status, answer = self._ask(method, path, body)
        if status != wanted:
            raise VisitError(self._said(method, path, status))
        return answer

    def _said(self, method: str, path: str, status: int) -> str:
        # Not the answer itself: it may repeat what it was sent.
        return f"{method} {self._url}{path} answered {status}."

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
        """Return status and body of the answer to a request."""
        headers = {"Origin": self._url, "Content-Type": "application/json", "If-Match": "*"} if body else {}
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self._url + path, data, headers, method=method)  # noqa: S310  checked by the module
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()
        except (OSError, http.client.HTTPException) as error:
            raise VisitError(f"{method} {self._url}{path}: {error}") from error
