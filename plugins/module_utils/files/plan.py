"""What has to change on a host so that its files are as wanted: decisions only, no input or output."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

State = Literal["file", "directory", "absent"]
Kind = Literal["file", "directory", "link", "other", "absent"]
Action = Literal["create directory", "write", "set attributes", "remove"]

# Parts of the shortest path that may be removed, with the root: /srv/data.
SHALLOWEST_REMOVED = 3
MODE = re.compile(r"0?[0-7]{4}\Z")


class RefusedError(ValueError):
    """The wish cannot be met as it stands. The message is one sentence for the operator."""


@dataclass(frozen=True)
class Wanted:
    """One path as it shall be. `mode`, `uid` and `gid` are ignored where the state is absent."""

    path: str
    state: State
    mode: int = 0
    uid: int = 0
    gid: int = 0
    content: bytes | None = None
    secret: bool = False
    validate: str | None = None
    keep: bool = False
    """A file that is there keeps its content."""
    keep_lines: bool = False
    """The lines that are there stay, before those of the content that are not."""


@dataclass(frozen=True)
class Found:
    """One path as it is. Only a regular file has content."""

    kind: Kind
    mode: int = 0
    uid: int = 0
    gid: int = 0
    content: bytes | None = None


ABSENT = Found("absent")


@dataclass(frozen=True)
class Change:
    """One step from found to wanted. `wanted` is None where the path was not listed and is purged."""

    path: str
    action: Action
    found: Found
    wanted: Wanted | None = None


def with_kept_lines(wanted: Wanted, found: Found) -> Wanted:
    """Return what is wanted, with the lines that stay."""
    if not wanted.keep_lines or found.content is None:
        return wanted
    there = _lines(found)
    lines = [*there, *(line for line in _lines(wanted) if line not in there)]
    # As it is, where nothing comes to it.
    return replace(wanted, content=b"\n".join(lines) if len(lines) > len(there) else found.content)


def misses_lines(wanted: Wanted, found: Found) -> bool:
    """Return whether a file is there, and not every line that is wanted in it."""
    return found.content is not None and not set(_lines(wanted)) <= set(_lines(found))


def loses_first_line(wanted: Wanted, found: Found) -> bool:
    """Return whether the first line that is there is none of those that are wanted."""
    return bool(_lines(found)) and _lines(found)[0] not in _lines(wanted)


def _lines(item: Wanted | Found) -> list[bytes]:
    return (item.content or b"").splitlines()


def parse_mode(text: str) -> int:
    """Return the mode that four octal digits say.

    Anything else is refused: YAML reads an unquoted 0644 as the number 420.
    """
    if not MODE.match(text):
        raise RefusedError(f"mode {text!r} is not four octal digits; write it in quotes, for example '0640'.")
    return int(text, 8)


def check_paths(wanted: Sequence[Wanted], purge: Sequence[str]) -> None:
    """Refuse paths that are relative, not normal, listed twice or too close to the root to be removed."""
    seen: set[str] = set()
    for path in [item.path for item in wanted] + list(purge):
        if not path.startswith("/") or path != str(PurePosixPath(path)) or ".." in PurePosixPath(path).parts:
            raise RefusedError(
                f"path {path!r} is not an absolute path in its shortest form (no '..', no '/' at the end)."
            )
    for item in wanted:
        if item.path in seen:
            raise RefusedError(f"{item.path} is listed twice; say once what it shall be.")
        seen.add(item.path)
    for path in [item.path for item in wanted if item.state == "absent"] + list(purge):
        if len(PurePosixPath(path).parts) < SHALLOWEST_REMOVED:
            raise RefusedError(f"{path} is too close to the root of the file system to be removed or purged.")


def unlisted(wanted: Sequence[Wanted], entries: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what lies directly in the purged directories and is neither listed nor leads to something listed.

    `entries` maps each purged directory to the names in it. What lies deeper in a listed directory stays:
    it may be another's. Who wants it purged too lists that directory under purge as well.
    """
    keep = {item.path for item in wanted}
    for item in wanted:
        if item.state != "absent":
            keep.update(str(parent) for parent in PurePosixPath(item.path).parents)
    keep.update(entries)
    return [
        path
        for directory in entries
        for name in sorted(entries[directory])
        if (path := f"{directory}/{name}") not in keep
    ]


def missing_parents(wanted: Sequence[Wanted], found: Mapping[str, Found]) -> list[str]:
    """Return the parents that neither exist nor are listed; `found` holds every parent of a listed path."""
    made = {item.path for item in wanted if item.state == "directory"}
    parents = (str(PurePosixPath(item.path).parent) for item in wanted if item.state != "absent")
    return sorted({parent for parent in parents if parent not in made and found[parent].kind == "absent"})


def plan(wanted: Sequence[Wanted], found: Mapping[str, Found], surplus: Sequence[str] = ()) -> list[Change]:
    """Return the changes in the order in which they are safe: directories, files, then removals from the leaves up.

    `found` holds every wanted and surplus path. Raises RefusedError where a directory would have to give way to a
    file, or a file to a directory: what would be lost with it is for the operator to decide.
    """
    made: list[Change] = []
    written: list[Change] = []
    removed = [Change(path, "remove", found[path]) for path in surplus]
    for item in wanted:
        now = found[item.path]
        if item.state == "absent":
            if now.kind != "absent":
                removed.append(Change(item.path, "remove", now, item))
            continue
        _refuse_other_kind(item, now)
        same_attributes = (now.mode, now.uid, now.gid) == (item.mode, item.uid, item.gid)
        if item.state == "directory":
            if now.kind == "absent":
                made.append(Change(item.path, "create directory", now, item))
            elif not same_attributes:
                made.append(Change(item.path, "set attributes", now, item))
        elif now.kind != "file" or (now.content != item.content and not item.keep):
            written.append(Change(item.path, "write", now, item))
        elif not same_attributes:
            written.append(Change(item.path, "set attributes", now, item))
    made.sort(key=lambda change: len(PurePosixPath(change.path).parts))
    removed.sort(key=lambda change: len(PurePosixPath(change.path).parts), reverse=True)
    return made + written + removed


def _refuse_other_kind(item: Wanted, now: Found) -> None:
    allowed = {"file": ("file", "link", "absent"), "directory": ("directory", "absent"), "absent": ()}[item.state]
    if now.kind not in allowed:
        raise RefusedError(
            f"{item.path} shall be a {item.state} but is there as {_kind_words(now.kind)}; move it away first."
        )


def _kind_words(kind: Kind) -> str:
    return {"link": "a symbolic link", "other": "a special file"}.get(kind, f"a {kind}")
