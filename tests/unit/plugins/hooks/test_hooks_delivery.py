"""Commands and webhooks get the journal's entry as it is; one that fails is named, and tells no secret."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from hooks.delivery import HookError, deliver
from hooks.model import Hook

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY = {
    "number": 7,
    "time": 1764064800.25,
    "event": "done: upgrade to 1.1.0",
    "details": {"now": "1.1.0", "by": "Zoë"},
}


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers as its path says, and keeps what it got."""

    got: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, dict(self.headers), body))
        status = int(self.path.rpartition("/")[2])
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "/elsewhere/200")
        self.end_headers()
        self.wfile.write(b"the receiver's\nwords")

    def log_message(self, *_said: object) -> None:
        pass


@contextmanager
def receiver() -> Iterator[str]:
    """A server of webhooks; its address."""
    Receiver.got.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_command_gets_the_entry_on_its_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "told"
    deliver(Hook(command=("sh", "-c", 'cat >>"$1"', "sh", str(path))), ENTRY)
    assert json.loads(path.read_text()) == ENTRY


def test_a_command_that_does_not_read_is_as_good() -> None:
    deliver(Hook(command=("true",)), ENTRY | {"details": {"why": "x" * 200_000}})


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        (Hook(command=("false",)), "The hook false ended with status 1."),
        (
            Hook(command=("sh", "-c", "echo not tonight >&2; exit 3")),
            "The hook sh ended with status 3: not tonight",
        ),
        (
            Hook(command=("/no/such/command", "s3cret")),
            "The hook /no/such/command cannot be run: No such file or directory.",
        ),
        (Hook(command=("sleep", "60"), seconds=0.05), "The hook sleep was not done after 0.05 s."),
    ],
)
def test_a_command_that_fails_is_named_with_the_reason(hook: Hook, said: str) -> None:
    with pytest.raises(HookError) as failed:
        deliver(hook, ENTRY)
    assert str(failed.value) == said


def test_a_webhook_gets_the_entry_as_the_body_of_a_post(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    with receiver() as address:
        deliver(Hook(url=f"{address}/hooks/204"), ENTRY)
        deliver(Hook(url=f"{address}/hooks/200", token_file=str(token)), ENTRY)
    (_, without, first), (_, headers, second) = Receiver.got
    assert json.loads(first) == json.loads(second) == ENTRY
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Bearer s3cret"
    assert "Authorization" not in without


def test_a_webhook_that_refuses_is_named_by_its_host_with_what_it_said() -> None:
    with receiver() as address, pytest.raises(HookError) as failed:
        deliver(Hook(url=f"{address}/hooks/s3cret/503"), ENTRY)
    assert str(failed.value) == "The hook http://127.0.0.1 answered 503: the receiver's words"


def test_a_redirection_is_not_followed() -> None:
    with receiver() as address, pytest.raises(HookError, match="answered 307"):
        deliver(Hook(url=f"{address}/hooks/307"), ENTRY)
    assert [path for path, _, _ in Receiver.got] == ["/hooks/307"]


def test_a_webhook_that_nobody_answers_is_named() -> None:
    with receiver() as address:
        pass
    with pytest.raises(HookError, match=r"The hook http://127\.0\.0\.1 cannot be called: .*refused"):
        deliver(Hook(url=f"{address}/hooks/s3cret/200"), ENTRY)


def test_a_token_that_cannot_be_a_header_is_not_told(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret\nand more")
    with receiver() as address, pytest.raises(HookError) as failed:
        deliver(Hook(url=f"{address}/hooks/200", token_file=str(token)), ENTRY)
    assert "s3cret" not in str(failed.value)
