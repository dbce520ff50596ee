"""A Postgres server of our own for a test session: real, local, gone afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

NOBODY = 65534  # Postgres refuses to run as root
PASSWORD = "first-password"


class Cluster:
    """One server: a Unix socket for the superuser, TLS with passwords over TCP for everybody else.

    Args:
        certificate: The server's, as PEM.
        key: Its key, as PEM.
        settings: More lines of its configuration.
    """

    def __init__(self, certificate: bytes, key: bytes, settings: str = "") -> None:
        self.bin = server_binaries()
        self.home = Path(tempfile.mkdtemp(prefix="jobfolio-postgres-"))
        self.port = free_port()
        self.run_as = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if is_root() else []
        self._initialise(certificate, key, settings)
        self.server = self._start()

    def _initialise(self, certificate: bytes, key: bytes, more: str) -> None:
        data = self.home / "data"
        (self.home / "server.crt").write_bytes(certificate)
        (self.home / "server.key").write_bytes(key)
        (self.home / "server.key").chmod(0o600)
        self.home.chmod(0o755)
        if is_root():
            for path in (self.home, *self.home.iterdir()):
                os.chown(path, NOBODY, NOBODY)
        initdb: list[str | Path] = [
            self.bin / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
        ]
        subprocess.run([*self.run_as, *initdb], check=True, stdout=subprocess.DEVNULL, cwd=self.home)
        (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.home}'\n"
                f"ssl = on\nssl_cert_file = '{self.home}/server.crt'\nssl_key_file = '{self.home}/server.key'\n"
                "fsync = off\nfull_page_writes = off\nshared_buffers = 32MB\nmax_prepared_transactions = 4\n" + more
            )

    def _start(self) -> subprocess.Popen[bytes]:
        # The server ends with this process, even when that is killed.
        prefix = [*(self.run_as or ["setpriv"]), "--pdeathsig=SIGQUIT"]
        log = (self.home / "log").open("wb")
        server = subprocess.Popen(
            [*prefix, self.bin / "postgres", "-D", self.home / "data"], stdout=log, stderr=log, cwd=self.home
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise RuntimeError(f"Postgres did not start: {(self.home / 'log').read_text()}") from None
                time.sleep(0.05)
            else:
                return server

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Connect as superuser, each statement on its own."""
        return psycopg.connect(host=str(self.home), port=self.port, user="postgres", dbname=database, autocommit=True)

    def sql(self, statement: str, database: str = "postgres") -> list[Any]:
        """Run a statement as superuser and give its rows, if it has any."""
        with self.connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        """End the server without ceremony and remove its files."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(timeout=30)
        shutil.rmtree(self.home)


def server_binaries() -> Path:
    """Find the newest server installed. Raises FileNotFoundError naming the package that brings one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise FileNotFoundError("The backend's tests need a PostgreSQL server: apt-get install postgresql")
    return found[-1].parent


def is_root() -> bool:
    """Tell whether the tests run as root."""
    return os.geteuid() == 0


def free_port() -> int:
    """Pick a TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
