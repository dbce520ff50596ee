"""Reads what lies on the disk and carries out a plan. Standard library only."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

from .plan import ABSENT, Change, Found, Kind, RefusedError, Wanted


def observe(path: str, *, read: bool = True) -> Found:
    """Return what lies at the path itself, without following a link. `read` says whether content is wanted."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    kind: Kind = "other"
    if stat.S_ISREG(status.st_mode):
        kind = "file"
    elif stat.S_ISDIR(status.st_mode):
        kind = "directory"
    elif stat.S_ISLNK(status.st_mode):
        kind = "link"
    content = Path(path).read_bytes() if read and kind == "file" else None
    return Found(kind, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, content)


def entries(directory: str) -> list[str]:
    """Return the names in a directory, none where it does not exist."""
    try:
        return sorted(path.name for path in Path(directory).iterdir())
    except FileNotFoundError:
        return []


def user_id(owner: str | None) -> int:
    """Return the uid of a name or number; without one, the user who runs this."""
    if owner is None:
        return os.geteuid()
    if owner.isdecimal():
        return int(owner)
    try:
        return pwd.getpwnam(owner).pw_uid
    except KeyError:
        raise RefusedError(f"owner {owner!r} is no user of this host; create it first, or give a uid.") from None


def group_id(group: str | None) -> int:
    """Return the gid of a name or number; without one, the group of who runs this."""
    if group is None:
        return os.getegid()
    if group.isdecimal():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise RefusedError(f"group {group!r} is no group of this host; create it first, or give a gid.") from None


def stage(content: bytes, directory: str) -> str:
    """Write the content to a new file that only its owner may open; return its path."""
    descriptor, path = tempfile.mkstemp(prefix=".file_set-", dir=directory)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return path


def apply(change: Change) -> None:
    """Carry out one change."""
    if change.action == "remove":
        _remove(change.path, change.found)
    elif change.wanted is None:
        raise AssertionError(f"{change.action} of {change.path} without what is wanted")
    elif change.action == "create directory":
        # Closed until it has its owner: it is never more open than it is meant to be.
        Path(change.path).mkdir(change.wanted.mode & 0o700)
        _set_attributes(change.path, change.wanted)
    elif change.action == "set attributes":
        # Closed first, opened last: nobody gets in between old owner and new mode.
        Path(change.path).chmod(change.wanted.mode & change.found.mode)
        _set_attributes(change.path, change.wanted)
    else:
        _write(change.wanted)


def _write(wanted: Wanted) -> None:
    """Put a file in place whole and with its final owner and mode.

    AnsibleModule.atomic_move is not used: it gives the new content the old file's mode and owner first, so that a
    secret that replaces a readable file would be readable for a moment.
    """
    staged = stage(wanted.content or b"", str(Path(wanted.path).parent))
    try:
        _set_attributes(staged, wanted)
        Path(staged).replace(wanted.path)
    except BaseException:
        Path(staged).unlink()
        raise


def _set_attributes(path: str, wanted: Wanted) -> None:
    os.chown(path, wanted.uid, wanted.gid)
    # After chown, which takes away set-id bits.
    Path(path).chmod(wanted.mode)


def _remove(path: str, found: Found) -> None:
    if found.kind == "directory":
        shutil.rmtree(path)
    else:
        Path(path).unlink()
