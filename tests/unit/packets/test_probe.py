"""The prober tells an answer, a refusal and silence apart, so that its verdicts can be believed."""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from probe import ANSWERED, REFUSED, SILENT, Cell, Heard, Held, Knocks, answer_of, checksum, download, packet, probe

PROGRAM = Path(__file__).parents[2] / "probe.py"


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """A TCP and a UDP port at which the listener echoes."""
    tcp, udp = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    command = [sys.executable, str(PROGRAM), "listen", f"tcp/{tcp}@127.0.0.1", f"udp/{udp}@127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout
        assert listener.stdout.readline() == "listening\n"
        yield tcp, udp
        listener.terminate()


def test_the_outcomes_are_told_apart(ports: tuple[int, int]) -> None:
    tcp, udp = ports
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        cells: list[Cell] = [
            ("127.0.0.1", "tcp", tcp),
            ("127.0.0.1", "udp", udp),
            ("127.0.0.1", "tcp", free_port(socket.SOCK_STREAM)),
            ("127.0.0.1", "udp", free_port(socket.SOCK_DGRAM)),
            ("127.0.0.1", "udp", mute.getsockname()[1]),
        ]
        assert probe(cells, 0.3) == [ANSWERED, ANSWERED, REFUSED, REFUSED, SILENT]


class Still(selectors.DefaultSelector):
    """On a machine that stands still while it looks: nothing has come yet, and much time has passed."""

    still = True

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Look late, once."""
        if self.still:
            self.still = False
            time.sleep(0.2)
            return []
        return super().select(timeout)


def test_what_was_answered_while_the_machine_stood_still_is_not_taken_for_silence(
    ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "DefaultSelector", Still)
    knocks, cell = Knocks(), ("127.0.0.1", "tcp", ports[0])
    knocks.send(cell, 7, 0.1)
    assert knocks.answers(0.1) == []
    assert knocks.answers(0.1) == [(7, cell, ANSWERED)]


def test_a_kept_connection_is_seen_to_live_and_to_end(ports: tuple[int, int]) -> None:
    held = Held()
    assert held.hold([("127.0.0.1", "tcp", ports[0])], 2.0, tick=False) == [True]
    assert held.hold([("127.0.0.1", "tcp", ports[0])], 2.0, tick=True) == [True]
    assert held.ping(2.0) == [True, True]
    # One only answers, the other talks by itself.
    assert held.heard(time.time(), 0.5) == [False, True]
    assert held.heard(time.time() + 60, 0.3) == [False, False]
    for one in filter(None, held.connections):
        one.shutdown(socket.SHUT_RDWR)
    assert held.ping(0.2) == [False, False]
    held.drop()


def test_a_download_is_counted_to_the_byte(ports: tuple[int, int]) -> None:
    assert download("127.0.0.1", ports[0], 123_456, 5.0) == 123_456


def test_a_flood_counts_its_attempts_and_tells_of_every_answer(ports: tuple[int, int]) -> None:
    cells = json.dumps([["127.0.0.1", "tcp", ports[0]], ["127.0.0.1", "tcp", free_port(socket.SOCK_STREAM)]])
    command = [sys.executable, str(PROGRAM), "flood", "100", "0.5", cells]
    # Its standard input stays open: where that ends, it ends.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
        assert flood.stdout
        said = [json.loads(line) for line in flood.stdout]
    last = said[-1]
    answered = sum("cell" in one for one in said)
    assert last["attempts"] >= 20
    assert answered + last["refused"] == last["attempts"]


@pytest.mark.parametrize("family", [4, 6])
def test_a_frame_is_read_as_what_it_was_written_as(family: int) -> None:
    source, target = ("198.18.0.1", "198.18.0.2") if family == 4 else ("fd00::1", "fd00::2")
    written = packet(source, (target, "udp", 53), 1234)
    kind = b"\x08\x00" if family == 4 else b"\x86\xdd"
    assert answer_of(b"\0" * 12 + kind + written) == Heard("udp", source, 1234, 53, ANSWERED)
    # A packet that carries its own check sum sums up to nothing (RFC 1071).
    if family == 4:
        assert checksum(written[:20]) == 0
