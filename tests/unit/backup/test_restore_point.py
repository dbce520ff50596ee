"""A restore point is one only when the log up to it is archived: a real server, whose archive takes it or not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from unit.backend import certificates
from unit.backend.postgres import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).parents[3] / "roles" / "backup" / "files" / "restore_point.sql"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server that archives."""
    settings = "archive_mode = on\narchive_command = 'true'\n"
    _, certificate, key = certificates.issue()
    one = Cluster(certificate, key, settings)
    yield one
    one.stop()


def make(cluster: Cluster, name: str, seconds: int) -> subprocess.CompletedProcess[str]:
    psql = ["psql", "--no-psqlrc", "--quiet", f"--host={cluster.home}", f"--port={cluster.port}", "--username=postgres"]
    with SCRIPT.open() as script:
        return subprocess.run(
            [cluster.bin / psql[0], *psql[1:], "--dbname=postgres", f"--set=point={name}", f"--set=seconds={seconds}"],
            stdin=script, capture_output=True, text=True, check=False,
        )  # fmt: skip


def test_it_is_made_and_archived(cluster: Cluster) -> None:
    before = cluster.sql("SELECT archived_count FROM pg_stat_archiver")[0][0]
    ran = make(cluster, 'it\'s a "point"', 30)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert cluster.sql("SELECT archived_count FROM pg_stat_archiver")[0][0] > before
    assert 'restore point "it\'s a "point"" created' in (cluster.home / "log").read_text()


def test_where_the_archive_does_not_take_the_log_it_fails_and_tells_how_much_waits(cluster: Cluster) -> None:
    cluster.sql("ALTER SYSTEM SET archive_command = 'false'")
    cluster.sql("SELECT pg_reload_conf()")
    ran = make(cluster, "a point", 1)
    assert ran.returncode != 0
    assert "is not archived; of its pieces, this many wait: 1" in ran.stderr
