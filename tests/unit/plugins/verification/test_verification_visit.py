"""A visit notices whatever a person would, and says what it was without the account's password."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import pytest
from verification.visit import VisitError, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "nobody-shall-read-this"


class Application(http.server.BaseHTTPRequestHandler):
    """As much of the application as a visit asks for; `answers` says what it does otherwise."""

    accounts: ClassVar[set[str]] = set()
    profile: ClassVar[dict[str, str]] = {}
    answers: ClassVar[dict[str, tuple[int, bytes]]] = {}

    def answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body = self.answers.get(f"{self.command} {self.path}") or self.served(json.loads(sent or b"{}"))
        self.send_response(status)
        if status in {200, 201} and "/auth/" in self.path:
            self.send_header("Set-Cookie", "session=known; HttpOnly; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer  # noqa: N815  http.server calls them so

    def served(self, sent: dict[str, str]) -> tuple[int, bytes]:
        match self.path.rpartition("/")[2]:
            case "":
                return 200, b'<html><div id="root"></div></html>'
            case "log-in":
                return (200 if sent["email"] in self.accounts else 401), b"{}"
            case "sign-up":
                self.accounts.add(sent["email"])
                return 201, b"{}"
        if self.headers["Cookie"] != "session=known":
            return 401, b"{}"
        if self.command == "PUT" and (self.headers["If-Match"], self.headers["Origin"]) != ("*", self.url()):
            return 428, b"{}"
        self.profile.update(sent)
        return 200, json.dumps(self.profile).encode()

    def url(self) -> str:
        return f"http://{self.headers['Host']}"

    def log_message(self, *_said: object) -> None:
        pass


@contextmanager
def application(answers: dict[str, tuple[int, bytes]] | None = None) -> Iterator[Visitor]:
    """Somebody who comes to an application that serves, except for some answers."""
    Application.accounts, Application.profile, Application.answers = set(), {}, answers or {}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Visitor(f"http://127.0.0.1:{server.server_port}", ca_file=None)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def whole(visitor: Visitor, headline: str = "here") -> None:
    visitor.open_page()
    visitor.sign_in("verification@example.org", PASSWORD)
    visitor.save(headline)


def test_the_first_visit_signs_up_and_the_next_ones_log_in() -> None:
    with application() as visitor:
        whole(visitor)
        Application.answers["POST /api/v1/auth/sign-up"] = (409, b"")
        whole(visitor, "here again")
        assert Application.profile == {"headline": "here again"}


@pytest.mark.parametrize(
    ("request_", "answer", "said"),
    [
        ("GET /", (503, b"no server"), "answered 503, and not with the application's page"),
        ("GET /", (200, b"somebody else's page"), "answered 200, and not with the application's page"),
        ("POST /api/v1/auth/log-in", (429, PASSWORD.encode()), "/api/v1/auth/log-in answered 429"),
        ("POST /api/v1/auth/sign-up", (409, PASSWORD.encode()), "/api/v1/auth/sign-up answered 409"),
        ("PUT /api/v1/profile", (500, b""), "PUT http://127.0.0.1:"),
        ("GET /api/v1/profile", (200, b'{"headline": "an old one"}'), "is not the one that was saved"),
    ],
)
def test_whatever_does_not_work_is_told_and_no_password(request_: str, answer: tuple[int, bytes], said: str) -> None:
    with application({request_: answer}) as visitor, pytest.raises(VisitError) as failed:
        whole(visitor)
    assert said in str(failed.value)
    assert PASSWORD not in str(failed.value)


def test_an_application_that_is_not_there_is_told() -> None:
    with application() as visitor:
        pass
    with pytest.raises(VisitError, match=r"GET http://127.0.0.1:\d+/: .*refused"):
        visitor.open_page()
