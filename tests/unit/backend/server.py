"""The application as it is served: gunicorn, with its own configuration, on free ports."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from unit.backend.conftest import Database
from unit.backend.postgres import free_port

BACKEND = Path(__file__).resolve().parents[3] / "app" / "backend"
COMMAND = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]


@dataclass
class Server:
    """A running gunicorn."""

    process: subprocess.Popen[str]
    port: int
    metrics_port: int

    def get(self, path: str, port: int | None = None) -> str:
        """Ask for a path; on the port of the application unless another is given."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}{path}", timeout=30) as answer:
            text: str = answer.read().decode()
        return text

    def metrics(self) -> str:
        """Ask as monitoring does."""
        return self.get("/metrics", self.metrics_port)


@contextmanager
def serving(database: Database, log: Path, *arguments: str, **env: str) -> Iterator[Server]:
    """Serve until the end of the block, with these arguments too; everything it says goes to `log`."""
    port, metrics_port = free_port(), free_port()
    whole = database.env() | {"WEB_PORT": str(port), "METRICS_PORT": str(metrics_port)} | env
    with log.open("w") as said:
        process = subprocess.Popen([*COMMAND, *arguments], env=whole, cwd=BACKEND, stdout=said, stderr=said, text=True)
        server = Server(process, port, metrics_port)
        try:
            deadline = time.monotonic() + 60
            while not _answers(server):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, f"gunicorn does not answer: {log.read_text()}"
                time.sleep(0.1)
            yield server
        finally:
            process.terminate()
            process.wait(60)


def _answers(server: Server) -> bool:
    try:
        return bool(server.get("/livez"))
    except urllib.error.URLError:
        return False
