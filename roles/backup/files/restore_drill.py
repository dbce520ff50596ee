#!/usr/bin/python3
"""Restores the database in a container that nobody can reach, at a random time of the last day, and judges it.

It runs on the host that keeps the repository: restore_drill.py SETTINGS [IMAGE]. SETTINGS is a file of JSON with the
fields of Settings. What it found is one line of JSON on its output and at the end of drills.jsonl. It fails where the
backups would not have saved the data.

With an IMAGE of a later version of PostgreSQL it is a rehearsal: the newest backup is restored, and brought to that
version. What came of it is told, and stands in no file.
"""

from __future__ import annotations

import fcntl
import json
import operator
import random
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

HOUR = 3600
DAY = 24 * HOUR
BEAT = 30
"""Seconds between two of the rows by which a restored database shows up to when it is whole."""
VOLUMES = "/var/lib/docker"
"""Where Docker keeps what is restored; the repository, which must never be without room, may share its disk."""
SPARE_BYTES = 1 << 30
"""Room beside the copy: the log that is replayed, and what comes to the repository meanwhile."""


@dataclass(frozen=True)
class Settings:
    """What role backup says. Times in seconds."""

    stanza: str
    database: str
    image: str
    volume: str
    folder: str
    repository: int
    docker: Sequence[str]
    """Arguments of docker run."""
    fresh_hours: float
    """How old the newest backup may be."""
    archive_timeout: int
    """After which time a change is archived at the latest."""
    rehearsal: bool = False
    """Whether what is restored is brought to the version of the image."""

    @property
    def slack(self) -> int:
        """Return by how much what is restored may end before the time that was asked for."""
        return BEAT + 2 * self.archive_timeout


@dataclass
class Drill:
    """What a drill found. Moments are in seconds since the epoch, durations in seconds."""

    at: float
    target: float | None = None
    """Where it was restored to; None is the newest that there was."""
    backup_age: float | None = None
    archive_age: float | None = None
    """Age of the newest piece of the log in the repository: what a loss of the database's host would have cost."""
    seconds: float | None = None
    """How long it took until the restored database was judged."""
    steps: dict[str, int] = field(default_factory=dict)
    """When each step began, in seconds since the first."""
    report: dict[str, Any] = field(default_factory=dict)
    upgraded: dict[str, Any] = field(default_factory=dict)
    """The same of what an upgrade made of it."""
    problems: list[str] = field(default_factory=list)


def cluster(stanza: Mapping[str, Any], repository: int) -> dict[int, str]:
    """Return the numbers under which a repository knows the cluster that serves now, and their folders in the archive.

    What was before a major upgrade is another one. Whoever takes that back has the former one under two numbers.
    """
    known = {int(one["id"]): one for one in stanza["db"] if one["repo-key"] == repository}
    same = operator.itemgetter("system-id", "version")
    return {id_: f"{one['version']}-{id_}/" for id_, one in known.items() if same(one) == same(known[max(known)])}


def current(stanza: Mapping[str, Any], repository: int) -> list[Mapping[str, Any]]:
    """Return a repository's backups of the cluster that serves now."""
    known = cluster(stanza, repository)
    return [
        one
        for one in stanza["backup"]
        if one["database"]["repo-key"] == repository and int(one["database"]["id"]) in known
    ]


def choose(backups: Sequence[Mapping[str, Any]], pieces: Sequence[float], now: float, slack: float) -> float | None:
    """Return a random time of the last day that can be restored, or None where there is none yet.

    While the cluster serves, a piece of its log comes to the archive within the slack, and a row every BEAT. A time at
    which it did not serve is none to judge a restore by. One is reached by what was written after it: a piece that came
    as long ago as the slack has been followed by what its time needs.

    After a restore to an earlier time only what came since counts: the first eight digits of a piece of the log are its
    line of history (timeline).

    Args:
        backups: Of the cluster, as pgBackRest tells them; not empty.
        pieces: When each piece of its log came to the repository.
        now: The present.
        slack: Settings.slack.
    """
    line = max(backups, key=lambda one: int(one["timestamp"]["stop"]))["archive"]["stop"][:8]
    same = [one["timestamp"]["stop"] for one in backups if one["archive"]["stop"][:8] == line]
    # A first deployment makes its first backup before anybody has signed up.
    earliest = max(min(same) + slack, now - DAY)
    latest = max((one for one in pieces if one <= now - slack), default=0.0) - BEAT
    spans = [
        (max(before, after - slack, earliest), min(after, before + slack, latest))
        for before, after in pairwise(sorted(pieces))
    ]
    spans = [(begin, end) for begin, end in spans if begin < end]
    if not spans:
        return None
    [(begin, end)] = random.choices(spans, weights=[end - begin for begin, end in spans])  # noqa: S311  no secret
    return random.uniform(begin, end)  # noqa: S311  no secret


def stale(drill: Drill, backups: Sequence[Mapping[str, Any]], settings: Settings) -> Iterator[str]:
    """Yield what is wrong with the repository before anything is restored."""
    if drill.backup_age is not None and drill.backup_age > settings.fresh_hours * HOUR:
        yield f"the newest backup is {drill.backup_age / HOUR:.0f} hours old"
    if drill.archive_age is not None and drill.archive_age > settings.slack:
        yield f"nothing has come to the archive for {drill.archive_age:.0f} s"
    newest = max(backups, key=lambda one: int(one["timestamp"]["stop"]))
    if newest.get("error"):
        yield f"backup {newest['label']} holds pages whose checksums are wrong"


def short(backups: Sequence[Mapping[str, Any]], settings: Settings, free: int) -> Iterator[str]:
    """Yield that the host has no room for what would be restored, which pg_upgrade copies once more."""
    newest = max(backups, key=lambda one: int(one["timestamp"]["stop"]))
    needed = newest["info"]["size"] * (2 if settings.rehearsal else 1) + SPARE_BYTES
    if free < needed:
        yield (
            f"nothing was restored: that needs {needed >> 20} MiB, and the disk of {VOLUMES} has {free >> 20} MiB "
            "free; docs/operations.md says how to make room"
        )


def judge(drill: Drill, settings: Settings) -> Iterator[str]:
    """Yield what is wrong with what was restored."""
    report = drill.report
    if not report["checksums"]:
        yield "its pages have no checksums"
    if not report["revision"]:
        yield "it has no schema of the application"
    elif not any(report["rows"].values()):
        yield "it has not a single row of the application"
    beats = report["heartbeat"]
    if not beats.get("rows"):
        yield "it has none of the rows that are added all the time"
        return
    if beats["broken"]:
        yield f"{beats['broken']} of the rows that are added all the time do not follow from the one before"
    missing = (drill.at if drill.target is None else drill.target) - beats["last"]
    if missing > settings.slack:
        yield f"its newest row is {missing:.0f} s older than the time that it was restored to"
    if drill.target is not None and missing < 0:
        yield f"it holds a row {-missing:.0f} s younger than the time that it was restored to"


def judge_upgrade(drill: Drill) -> Iterator[str]:
    """Yield what an upgrade made otherwise than it was."""
    for what in ("checksums", "revision", "rows", "heartbeat"):
        if drill.upgraded.get(what) != drill.report[what]:
            yield f"{what} of the upgraded copy: {drill.upgraded.get(what)}, before {drill.report[what]}"


def ask(settings: Settings, *words: str) -> Any:  # noqa: ANN401  JSON
    """Return what pgBackRest tells of the repository on this host."""
    command = ["docker", "exec", "backup", "pgbackrest", f"--stanza={settings.stanza}", "--log-level-console=error"]
    ran = subprocess.run(
        [*command, f"--repo={settings.repository}", "--output=json", *words], check=True, capture_output=True, text=True
    )
    return json.loads(ran.stdout)


def pieces_of_the_log(settings: Settings, folders: Iterable[str]) -> list[float]:
    """Return when each piece of the log came to the repository, from those folders of the archive."""
    found = ask(settings, "repo-ls", "--recurse", f"archive/{settings.stanza}")
    begins = tuple(folders)
    return [one["time"] for name, one in found.items() if one["type"] == "file" and name.startswith(begins)]


def restore(settings: Settings, target: float | None) -> subprocess.CompletedProcess[str]:
    """Restore and judge in a container. What it restored is removed, whatever came of it."""
    options = []
    if target is not None:
        at = time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime(target))
        options = ["--type=time", f"--target={at}", "--target-action=promote"]
    run = ["docker", "run", "--rm", f"--name={settings.volume}", *settings.docker]
    if settings.rehearsal:
        run.append("--env=REHEARSE_UPGRADE=1")
    act = [
        "drill-cluster",
        settings.stanza,
        settings.database,
        "--config=/etc/pgbackrest/drill.conf",
        f"--repo={settings.repository}",
        *options,
    ]
    remove(settings)
    try:
        return subprocess.run([*run, settings.image, *act], check=False, capture_output=True, text=True)
    finally:
        remove(settings)


def remove(settings: Settings) -> None:
    """Remove container and volume of a drill, also those of one that was killed."""
    for command in (["rm", "--force", "--volumes"], ["volume", "rm", "--force"]):
        subprocess.run(["docker", *command, settings.volume], check=False, capture_output=True)


def drill(settings: Settings) -> Drill:
    """Return what a drill finds."""
    found = Drill(at=time.time())
    stanzas = ask(settings, "info")
    backups = [one for stanza in stanzas for one in current(stanza, settings.repository)]
    if not backups:
        found.problems.append("there is no backup")
        return found
    found.backup_age = found.at - max(one["timestamp"]["stop"] for one in backups)
    folders = [folder for stanza in stanzas for folder in cluster(stanza, settings.repository).values()]
    pieces = pieces_of_the_log(settings, folders)
    found.archive_age = found.at - max(pieces, default=0)
    found.problems += stale(found, backups, settings)
    without_room = list(short(backups, settings, shutil.disk_usage(VOLUMES).free))
    if without_room:
        found.problems += without_room
        return found
    found.target = None if settings.rehearsal else choose(backups, pieces, found.at, settings.slack)
    ran = restore(settings, found.target)
    found.seconds = time.time() - found.at
    lines = ran.stdout.splitlines()
    found.steps = {words[1]: int(words[2]) for words in map(str.split, lines) if words[:1] == ["step:"]}
    found.report = next((json.loads(line) for line in lines if line.startswith("{")), {})
    upgraded = (line.removeprefix("upgraded: ") for line in lines if line.startswith("upgraded: "))
    found.upgraded = json.loads(next(upgraded, "{}"))
    if ran.returncode:
        said = "\n".join((ran.stdout + ran.stderr).splitlines()[-8:])
        found.problems.append(f"step {list(found.steps or ['start'])[-1]} failed: {said}")
    elif settings.rehearsal:
        found.problems += judge_upgrade(found)
    if found.report and not settings.rehearsal:
        found.problems += judge(found, settings)
    return found


def main() -> int:
    """Run one drill at a time, and tell."""
    path, *image = sys.argv[1:]
    settings = Settings(**json.loads(Path(path).read_text()))
    if image:
        settings = replace(settings, image=image[0], rehearsal=True)
    folder = Path(settings.folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "drill.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = json.dumps(asdict(drill(settings)))
        if not settings.rehearsal:
            with (folder / "drills.jsonl").open("a") as file:
                file.write(told + "\n")
    print(told)
    return 1 if json.loads(told)["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
