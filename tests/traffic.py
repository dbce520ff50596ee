"""What people send to a fleet while something is done to it."""

from __future__ import annotations

import json
import os
import re
import ssl
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from load import Connection, Load, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleet import Fleet

NAME = "jobfolio.test"
# Requests a second. The full-length runs have 100; those of make test share two cores with another fleet.
RATE = float(os.environ.get("LOAD_RATE", "60"))
JSON = {"Content-Type": "application/json"}
FILE = {"Content-Type": "application/octet-stream"}
ANY = {"If-Match": "*"}
RESUME = b"What somebody wrote about himself.\n" * 3_000


# How many people send what a load consists of. One alone would wait for himself: whoever adds something to an account
# locks it. Every request falls to each of them, since their number and that of the requests have no common divisor.
PEOPLE = 5


@dataclass(frozen=True)
class Visit:
    """What the browsers of signed-in people send."""

    accounts: Sequence[int]
    requests: Sequence[Request]
    slow: Sequence[Request]


def connect(fleet: Fleet) -> Connection:
    """Connect to the first edge."""
    context = ssl.create_default_context(cafile=str(fleet.state / "tls" / "ca.crt"))
    return Connection(fleet.address(fleet.hosts("edge")[0]), NAME, context)


def get(fleet: Fleet, path: str) -> tuple[int, bytes]:
    """Get something; return status and body."""
    connection = connect(fleet)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def wait_until_served(fleet: Fleet) -> None:
    """Wait until the edge has a backend that is ready, which it is only with the database."""
    end = time.monotonic() + 60
    while get(fleet, "/api/v1/profile")[0] != 401:
        assert time.monotonic() < end, "no backend serves"
        time.sleep(0.2)


def assets(fleet: Fleet) -> set[str]:
    """Paths of the script and the style that the page of the release loads that serves."""
    _, page = get(fleet, "/")
    return set(re.findall(r'"(/assets/[^"]+)"', page.decode()))


def visit(fleet: Fleet) -> Visit:
    """Pages, reads, writes, uploads, POSTs that must never be sent twice; beside them uploads of five seconds.

    And what a page loads that was opened before.
    """
    style = next(path for path in assets(fleet) if path.endswith(".css"))
    accounts, cookies = zip(*(sign_up(fleet) for _ in range(PEOPLE)), strict=True)
    browsers = [browser(cookie, style) for cookie in cookies]
    kinds = len(browsers[0])
    return Visit(
        accounts=accounts,
        requests=[browsers[turn % PEOPLE][turn % kinds] for turn in range(PEOPLE * kinds)],
        slow=[Request("POST", "/api/v1/documents?name=slow.txt", RESUME[:-1], (200, 201), cookies[0] | FILE, pace=5.0)],
    )


def sign_up(fleet: Fleet) -> tuple[int, dict[str, str]]:
    """Make an account; return its ID and the header that its browser sends."""
    connection = connect(fleet)
    account = {"email": f"{uuid4().hex}@example.org", "password": uuid4().hex}
    connection.request("POST", "/api/v1/auth/sign-up", json.dumps(account), JSON)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 201, body
    return int(json.loads(body)["id"]), {"Cookie": str(answer.headers["Set-Cookie"]).split(";")[0]}


def browser(cookie: dict[str, str], style: str) -> list[Request]:
    """What one person sends in turn."""
    profile = json.dumps({"summary": "x" * 2000}).encode()
    posting = json.dumps({"company": "Load", "title": "%d"}).encode()
    return [
        Request("GET", "/api/v1/profile", headers=cookie),
        Request("POST", "/api/v1/auth/log-out", b"{}", (204,), cookie | JSON),
        Request("PUT", "/api/v1/profile", profile, headers=cookie | JSON | ANY),
        Request("GET", "/"),
        Request("GET", style),
        Request("POST", "/api/v1/postings", posting, (201,), cookie | JSON, counted=True),
        Request("POST", "/api/v1/documents?name=cv.txt", RESUME, (200, 201), cookie | FILE),
    ]


@contextmanager
def load(fleet: Fleet, visit: Visit, rate: float = RATE) -> Iterator[Load]:
    """Send requests for as long as the block takes; every acknowledged posting is there afterwards, and there once.

    pytest -s shows what became of the requests.
    """
    edge = fleet.address(fleet.hosts("edge")[0])
    ca = str(fleet.state / "tls" / "ca.crt")
    before = len(postings(fleet, visit))
    with Load(edge, visit.requests, name=NAME, ca=ca, rate=rate, slow=visit.slow) as running:
        yield running
    print(f"\n{running.report}")
    stored = postings(fleet, visit)[before:]
    missing = Counter(map(str, running.report.acknowledged)) - Counter(stored)
    assert not missing, f"acknowledged, but not stored: {sorted(missing)}"
    # Of those that were lost nobody knows whether they were carried out.
    assert len(stored) <= len(running.report.acknowledged) + running.report.lost, "postings were stored twice"
    assert len(stored) == len(set(stored)), "a posting was stored twice"


def postings(fleet: Fleet, visit: Visit) -> list[str]:
    """Titles of the postings that the load's accounts have, in the order they were stored."""
    accounts = ", ".join(map(str, visit.accounts))
    query = f"SELECT title FROM job_postings WHERE user_id IN ({accounts}) ORDER BY id"  # noqa: S608  numbers that the application gave
    return fleet.query(query).splitlines()
