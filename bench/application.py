"""Jobfolio under load, through the edge: its longest list, and its largest files."""

from __future__ import annotations

import json
import os
import re
import shlex
import ssl
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

from load import Connection

if TYPE_CHECKING:
    from fleet import Fleet

# Ten thousand postings with descriptions of 2,400 characters, as many as one account may have.
ROWS = """
    INSERT INTO job_postings (user_id, company, title, location, link, description, status, updated_at)
    SELECT {user}, 'Company ' || n % 100, 'Title ' || n, 'London', 'https://example.org/' || n,
        repeat('What the work is about. ', 100),
        (ARRAY['saved', 'applied', 'interviewing', 'offered', 'rejected'])[1 + n % 5], now() - n * interval '1 min'
    FROM generate_series(1, 10000) AS n;
    ANALYZE job_postings;
"""
FILES, FILE_BYTES = 24, 10 * 1024 * 1024


class Visitor:
    """Somebody who has just signed up."""

    def __init__(self, fleet: Fleet) -> None:
        self.address = fleet.address(fleet.hosts("edge")[0])
        self._context = ssl.create_default_context(cafile=fleet.state / "tls" / "ca.crt")
        account = {"email": f"{uuid4().hex}@example.org", "password": uuid4().hex}
        connection = self.connect()
        connection.request("POST", "/api/v1/auth/sign-up", json.dumps(account), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        self.cookie = str(answer.headers["Set-Cookie"]).split(";")[0]
        self.key = int(json.loads(answer.read())["id"])
        connection.close()

    def connect(self) -> Connection:
        """Connect to the edge."""
        return Connection(self.address, "jobfolio.test", self._context, timeout=120)


def listing(fleet: Fleet, runs: int) -> dict[str, float | str]:
    """Listing 50 of one person's 10,000 postings, with as many requests at once as it takes."""
    visitor = Visitor(fleet)
    psql = f"docker exec postgres psql --dbname jobfolio --quiet --command {shlex.quote(ROWS.format(user=visitor.key))}"
    fleet.run(fleet.hosts("db")[0], psql)
    requests = {"list": ("/api/v1/postings?per_page=50", 32), "search": ("/api/v1/postings?search=title+777", 2)}
    figures: dict[str, float | str] = {}
    for label, (path, clients) in requests.items():
        said = [
            subprocess.run(
                ["wrk", "--latency", "--threads=1", f"--connections={clients}", "--duration=10s", "--timeout=30s",
                 f"--header=Cookie: {visitor.cookie}", f"https://{visitor.address}{path}"],
                check=True, capture_output=True, text=True,
            ).stdout
            for _ in range(runs)
        ]  # fmt: skip
        if failed := [text for text in said if "Non-2xx" in text or "Socket errors" in text]:
            raise SystemExit(f"Requests failed under load:\n{failed[0]}")
        rates = [float(re.findall(r"Requests/sec:\s+([\d.]+)", text)[0]) for text in said]
        p99 = [milliseconds(re.findall(r"99%\s+(\S+)", text)[0]) for text in said]
        figures[f"{label}: requests/s, {clients} at once"] = round(statistics.median(rates), 1)
        figures[f"{label}: p99, ms, {clients} at once"] = round(statistics.median(p99))
    return figures | backend_memory(fleet, "after the lists")


def files(fleet: Fleet) -> dict[str, float | str]:
    """As many uploads at once as twice both backends' threads take, and an export of them all."""
    visitor = Visitor(fleet)

    def upload(number: int) -> None:
        head = {"Content-Type": "application/octet-stream", "Cookie": visitor.cookie}
        connection = visitor.connect()
        content = b"%PDF-" + os.urandom(FILE_BYTES - 5)
        connection.request("POST", f"/api/v1/documents?name={number}.pdf", content, head)
        if (status := connection.getresponse().status) != 201:  # noqa: PLR2004  created
            raise SystemExit(f"An upload was answered with {status}.")
        connection.close()

    began = time.monotonic()
    with ThreadPoolExecutor(FILES) as people:
        list(people.map(upload, range(FILES)))
    stored = time.monotonic()
    connection = visitor.connect()
    connection.request("GET", "/api/v1/account/export", headers={"Cookie": visitor.cookie})
    exported = len(connection.getresponse().read())
    return {
        f"{FILES} uploads of 10 MiB at once, s": round(stored - began, 1),
        "export of them all, s": round(time.monotonic() - stored, 1),
        "size of the export, MiB": round(exported / 1024**2),
    } | backend_memory(fleet, "after the files")


def backend_memory(fleet: Fleet, when: str) -> dict[str, float | str]:
    """Memory of every backend at this moment."""
    figures: dict[str, float | str] = {}
    for host in fleet.hosts("backend"):
        for name in fleet.containers(host):
            used = fleet.run(host, f"docker stats --no-stream --format '{{{{.MemUsage}}}}' {name}")
            figures[f"memory of {name} on {host} {when}"] = used.split("/")[0].strip()
    return figures


def milliseconds(text: str) -> float:
    """Read a time as wrk writes it, such as 1.25s or 900.00us."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]  # wrk's own format
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
