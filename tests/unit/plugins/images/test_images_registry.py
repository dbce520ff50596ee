"""A registry that holds a tag, one that does not, and one that is no registry are told apart."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, cast

import pytest

from images.registry import UnreachableError, connect, digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANSWERS = {
    "/v2/shop/edge/manifests/1": (200, "sha256:abc"),
    "/v2/shop/edge/manifests/2": (404, None),
    "/v2/shop/edge/manifests/3": (503, None),
    "/v2/shop/edge/manifests/4": (200, None),
}


class Registry(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        status, found = ANSWERS[self.path]
        self.send_response(status)
        if found:
            self.send_header("Docker-Content-Digest", found)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it overrides
        pass


@pytest.fixture
def connection() -> Iterator[http.client.HTTPSConnection]:
    server = HTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Without TLS, which the tests with a real registry prove.
    yield cast("http.client.HTTPSConnection", http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5))
    server.shutdown()
    server.server_close()


def test_digest_of_a_tag_is_returned(connection: http.client.HTTPSConnection) -> None:
    assert digest(connection, "shop/edge", "1") == "sha256:abc"


def test_missing_tag_is_no_failure(connection: http.client.HTTPSConnection) -> None:
    assert digest(connection, "shop/edge", "2") is None


@pytest.mark.parametrize("tag", ["3", "4"])
def test_answer_that_tells_neither_is_a_failure(connection: http.client.HTTPSConnection, tag: str) -> None:
    with pytest.raises(UnreachableError, match="answers with status"):
        digest(connection, "shop/edge", tag)


def test_silent_registry_is_named() -> None:
    closed = cast("http.client.HTTPSConnection", http.client.HTTPConnection("127.0.0.1", 1, timeout=5))
    with pytest.raises(UnreachableError, match=r"registry 127\.0\.0\.1:1 does not answer"):
        digest(closed, "shop/edge", "1")


def test_missing_certificate_of_the_authority_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"ca\.crt"):
        connect("127.0.0.1:5000", tmp_path / "ca.crt")
