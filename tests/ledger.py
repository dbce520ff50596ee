"""Rows that the database has acknowledged, kept outside of it: what must be there after whatever was done to it."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from dataclasses import dataclass, field
from subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from fleet import Fleet

TABLE = "operations.ledger"


@dataclass
class Ledger:
    """Writes a row, waits for its acknowledgement, writes the next, as fast as that goes; begins anew where it fails.

    Numbers and times of what was acknowledged stand in `acknowledged`, by this machine's clock.
    """

    fleet: Fleet
    acknowledged: dict[int, float] = field(default_factory=dict)
    failures: int = 0
    """How often it had to begin anew."""
    _next: int = 1
    _resume: threading.Event = field(default_factory=threading.Event)
    _quiet: threading.Event = field(default_factory=threading.Event)
    _end: bool = False

    def __enter__(self) -> Self:
        self.fleet.query(f"CREATE TABLE IF NOT EXISTS {TABLE} (n bigint PRIMARY KEY); TRUNCATE {TABLE}")
        self._resume.set()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end = True
        self._resume.set()
        self._thread.join(60)

    def pause(self) -> None:
        """Have nothing under way."""
        self._resume.clear()
        assert self._quiet.wait(60), "a row is neither acknowledged nor refused"

    def resume(self) -> None:
        """Go on."""
        self._quiet.clear()
        self._resume.set()

    def wait_for(self, count: int) -> None:
        """Wait until so many more rows are acknowledged."""
        wanted, end = len(self.acknowledged) + count, time.monotonic() + 120
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < end, f"only {len(self.acknowledged)} of {wanted} rows were acknowledged"
            time.sleep(0.05)

    def stored(self) -> set[int]:
        """Numbers of the rows that the database has."""
        return {int(line) for line in self.fleet.query(f"SELECT n FROM {TABLE}").splitlines()}  # noqa: S608

    def _run(self) -> None:
        (host,) = self.fleet.hosts("db")
        # It ends with a row that is refused, and would wait for the next one otherwise.
        psql = "psql --no-psqlrc -qAt --set=ON_ERROR_STOP=1 --dbname=jobfolio"
        command = [*self.fleet.ssh(host), f"sudo docker exec --interactive --user=postgres postgres {psql}"]
        while not self._end:
            self._wait()
            # Both the row and the end of the session meet a server that is gone.
            with (
                contextlib.suppress(BrokenPipeError),
                subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True, bufsize=1) as session,
            ):
                try:
                    self._write(session)
                finally:
                    session.kill()
            self.failures += not self._end
            time.sleep(0.2)

    def _write(self, session: subprocess.Popen[str]) -> None:
        assert session.stdin
        assert session.stdout
        while not self._end:
            self._wait()
            number, self._next = self._next, self._next + 1
            session.stdin.write(f"INSERT INTO {TABLE} VALUES ({number}) RETURNING n;\n")  # noqa: S608
            if session.stdout.readline().strip() != str(number):
                return
            self.acknowledged[number] = time.time()

    def _wait(self) -> None:
        if not self._resume.is_set():
            self._quiet.set()
            self._resume.wait()
