"""HAProxy's servers as `show stat` reports them, and what to tell it. No input or output.

Source: HAProxy 3.0 Management Guide, sections 9.1 (CSV format) and 9.3 (Unix Socket commands).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


class UnknownServerError(ValueError):
    """A server that must serve is not in the edge's configuration. The message is one sentence for the operator."""


@dataclass(frozen=True)
class Server:
    """One server. `sessions` counts what it serves and what waits for it."""

    name: str
    status: str
    sessions: int
    check: str

    @property
    def up(self) -> bool:
        """Whether it gets requests: "UP", and "UP 2/5" where checks have begun to fail."""
        return self.status.startswith("UP")

    @property
    def maintained(self) -> bool:
        """Whether it was put into maintenance, as the server of an empty slot."""
        return self.status.startswith("MAINT")


def read_rows(text: str, backend: str) -> Iterator[dict[str, str]]:
    """Yield what the CSV of `show stat` says of each server of one backend, by column."""
    for row in csv.DictReader(text.lstrip("# ").strip().splitlines()):
        if row["pxname"] == backend and row["svname"] not in ("FRONTEND", "BACKEND"):
            yield row


def read_stat(text: str, backend: str) -> dict[str, Server]:
    """Return the servers of one backend from the CSV of `show stat`, by name."""
    return {
        row["svname"]: Server(
            name=row["svname"],
            status=row["status"],
            sessions=int(row["scur"] or 0) + int(row["qcur"] or 0),
            check=" ".join(filter(None, (row.get("check_status"), row.get("last_chk")))),
        )
        for row in read_rows(text, backend)
    }


def known(servers: Mapping[str, Server], serve: Sequence[str], empty: Sequence[str]) -> bool:
    """Return whether this edge routes to the slots at all.

    An edge that knows none of them sends them nothing: a host that is new is added by the edge's next configuration.
    Raises UnknownServerError where it knows one but not all: emptying the old slot would lose everything.
    """
    if not servers.keys() & {*serve, *empty}:
        return False
    missing = [name for name in (*serve, *empty) if name not in servers]
    if missing:
        raise UnknownServerError(
            f"the edge's configuration has no server {', '.join(missing)}, only {', '.join(sorted(servers))}; "
            "configure the edges first: playbooks/deploy.yml --limit edge"
        )
    return True


def to_serve(backend: str, server: Server) -> list[str]:
    """Return the commands after which a server takes requests as soon as its checks pass.

    One in maintenance would count as up until its first check: it is put down before it is made ready.
    """
    leave = to_check(backend, server) if server.maintained else []
    return [*leave, f"set server {backend}/{server.name} state ready"]


def to_check(backend: str, server: Server) -> list[str]:
    """Return the commands after which a server gets nothing, and is down until a check of it passes."""
    name = f"{backend}/{server.name}"
    return [f"set server {name} state drain", f"set server {name} health down"]


def to_drain(backend: str, server: Server) -> list[str]:
    """Return the commands after which a server finishes what it has and gets nothing new."""
    return [] if server.maintained else [f"set server {backend}/{server.name} state drain"]


def to_leave(backend: str, server: Server) -> list[str]:
    """Return the commands that say a drained server's slot is empty."""
    return [f"set server {backend}/{server.name} state maint"]


def read_variable(text: str) -> str | None:
    """Return the value in an answer to `get var`, None where it is not set."""
    _, found, rest = text.partition("value=<")
    return rest.rpartition(">")[0] if found else None


def read_reload(text: str) -> tuple[bool, str]:
    """Return whether a reload over the master socket succeeded, and what the new process said."""
    head, _, said = text.partition("--\n")
    return "Success=1" in head, said.strip()
