"""What people send to a fleet while something is done to it."""

from __future__ import annotations

import json
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from load import Connection, Load, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleet import Fleet

NAME = "jobfolio.test"
JSON = {"Content-Type": "application/json"}
ANY = {"If-Match": "*"}


def visit(fleet: Fleet) -> Sequence[Request]:
    """What a signed-in person's browser sends: pages, reads, writes, and a POST that must never be sent twice."""
    context = ssl.create_default_context(cafile=str(fleet.state / "tls" / "ca.crt"))
    connection = Connection(fleet.address(fleet.hosts("edge")[0]), NAME, context)
    account = {"email": f"{uuid4().hex}@example.org", "password": uuid4().hex}
    connection.request("POST", "/api/v1/auth/sign-up", json.dumps(account), JSON)
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    cookie = {"Cookie": str(answer.headers["Set-Cookie"]).split(";")[0]}
    connection.close()
    return [
        Request("GET", "/api/v1/profile", headers=cookie),
        Request("POST", "/api/v1/auth/log-out", b"{}", (204,), cookie | JSON),
        Request("PUT", "/api/v1/profile", json.dumps({"summary": "x" * 2000}).encode(), headers=cookie | JSON | ANY),
        Request("GET", "/"),
        Request("POST", "/api/v1/auth/log-out", b"{}", (204,), cookie | JSON),
    ]


@contextmanager
def load(fleet: Fleet, visit: Sequence[Request]) -> Iterator[Load]:
    """Send requests for as long as the block takes; pytest -s shows what became of them."""
    edge = fleet.address(fleet.hosts("edge")[0])
    with Load(edge, visit, name=NAME, ca=str(fleet.state / "tls" / "ca.crt")) as running:
        yield running
    print(f"\n{running.report}")
