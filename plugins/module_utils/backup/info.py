"""Reads what ``pgbackrest info --output=json`` tells (pgBackRest command reference, 2.55)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .timelines import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Backup:
    """One backup in one repository. Times are in seconds since the epoch, sizes in bytes."""

    label: str
    kind: str
    repository: int
    started: int
    ended: int
    size: int
    kept: int
    """What it adds to the repository."""
    broken_pages: bool
    """Whether pages were copied whose checksums are wrong."""
    timeline: int
    """On which it ended; backup.timelines tells what those are."""
    end: int
    """The place in the log from which on it is whole."""
    version: str
    """Major version of PostgreSQL that it is of."""
    current: bool
    """Whether it is of the cluster whose log is taken now, or of one before a major upgrade."""


@dataclass(frozen=True)
class State:
    """What all repositories together hold of one cluster."""

    system_identifier: str
    """Of the cluster whose log is taken now; empty where there is none."""
    version: str
    archives: Sequence[str]
    """What the repositories call the archives of that cluster: several where an upgrade was taken back."""
    backups: Sequence[Backup]
    """Oldest first."""
    newest_log: str
    """Name of the newest piece of the log of changes."""
    uninitialised: Sequence[int]
    """Repositories that know no cluster yet."""
    troubles: Mapping[int, str]
    """By repository, what it says is wrong."""

    @property
    def last(self) -> Backup | None:
        """Return the newest backup."""
        return self.backups[-1] if self.backups else None


# pgBackRest's codes: 1 the stanza is not there, 2 there is no backup yet.
NOT_THERE, EMPTY = 1, 2


def read(told: str, repositories: Iterable[int] = (1,)) -> State:
    """Return what was told; what tells nothing is a state without anything.

    Args:
        told: The JSON.
        repositories: Numbers of those that there shall be.
    """
    stanza: dict[str, Any] = next(iter(json.loads(told or "[]")), {})
    status = {int(one["key"]): one["status"] for one in stanza.get("repo", [])}
    clusters = {(int(one["repo-key"]), int(one["id"])): one for one in stanza.get("db", [])}
    newest: dict[str, Any] = max(clusters.values(), key=lambda one: int(one["id"]), default={})
    return State(
        system_identifier=str(newest.get("system-id", "")),
        version=str(newest.get("version", "")),
        archives=list(
            dict.fromkeys(f"{one['version']}-{one['id']}" for one in clusters.values() if _same(one, newest))
        ),
        backups=sorted(
            (_backup(one, clusters[_cluster(one["database"])], newest) for one in stanza.get("backup", [])),
            key=lambda one: one.ended,
        ),
        newest_log=max(
            (
                str(one["max"])
                for one in stanza.get("archive", [])
                if one.get("max") and _same(clusters[_cluster(one["database"])], newest)
            ),
            default="",
        ),
        uninitialised=[key for key in repositories if status.get(key, {"code": NOT_THERE})["code"] == NOT_THERE],
        troubles={
            key: str(one["message"]).partition("\n")[0].rstrip(": ")
            for key, one in status.items()
            if one["code"] not in (0, NOT_THERE, EMPTY)
        },
    )


def _cluster(told: Mapping[str, Any]) -> tuple[int, int]:
    return int(told["repo-key"]), int(told["id"])


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (one["system-id"], one["version"]) == (other["system-id"], other["version"])


def _backup(told: Mapping[str, Any], cluster: Mapping[str, Any], newest: Mapping[str, Any]) -> Backup:
    repository = told["info"]["repository"]
    return Backup(
        label=str(told["label"]),
        kind=str(told["type"]),
        repository=int(told["database"]["repo-key"]),
        started=int(told["timestamp"]["start"]),
        ended=int(told["timestamp"]["stop"]),
        size=int(told["info"]["size"]),
        kept=int(repository.get("delta", 0)),
        broken_pages=bool(told.get("error", False)),
        # The first eight digits of a piece of the log are its timeline.
        timeline=int(told["archive"]["stop"][:8], 16),
        end=place(told["lsn"]["stop"]),
        version=str(cluster["version"]),
        current=_same(cluster, newest),
    )
