"""What an image is built from: files of the repository, the tag that follows, an archive to send them in."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TAG_LENGTH = 16
"""Hexadecimal digits of a tag: 64 bits, more than enough to tell the builds of one application apart."""


class RefusedError(ValueError):
    """The context cannot be read. The message is one sentence for the operator."""


@dataclass(frozen=True)
class File:
    """One file of a context: its path from the repository's root, its content, whether it is executable or a link."""

    path: str
    content: bytes
    executable: bool = False
    link: str | None = None


@dataclass(frozen=True)
class Image:
    """One image: the folders that go into it, and the arguments of its build."""

    name: str
    paths: tuple[str, ...]
    build_args: Mapping[str, str] = field(default_factory=dict)


def within(path: str, folders: Iterable[str]) -> bool:
    """Return whether a path is one of the folders or lies in one."""
    return any(PurePosixPath(path).is_relative_to(folder) for folder in folders)


def git_files(root: Path, folders: Sequence[str]) -> list[File]:
    """Return every file below the folders that git does not ignore, committed or not, sorted by path.

    Raises:
        RefusedError: The root is no git work tree, or one of the folders holds nothing.
    """
    listed = subprocess.run(  # noqa: S603 - a fixed command
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        said = listed.stderr.decode(errors="replace").strip().splitlines()
        raise RefusedError(
            f"git cannot list what the images are built from ({said[0] if said else 'it said nothing'}): "
            f"run the build from a git clone, {root} is none that this user may read."
        )
    names = sorted({name for name in os.fsdecode(listed.stdout).split("\0") if name})
    files = [file for name in names if (file := read(root, name)) is not None]
    for folder in folders:
        if not any(within(file.path, [folder]) for file in files):
            raise RefusedError(
                f"{folder} is part of an image's context, but {root / folder} holds no file that git would keep."
            )
    return files


def read(root: Path, name: str) -> File | None:
    """Return one file, or None where git still lists what is no longer there."""
    path = root / name
    if path.is_symlink():
        return File(name, b"", link=str(path.readlink()))
    if not path.is_file():
        return None
    return File(name, path.read_bytes(), executable=os.access(path, os.X_OK))


def content_tag(image: Image, files: Iterable[File], base: str) -> str:
    """Return the tag of an image: a digest of everything that its build reads.

    Args:
        image: The image.
        files: Files of the repository; those outside of the image's folders are passed over.
        base: What the base image is known by. Another base is another image.
    """
    seen = [
        [file.path, file.executable, file.link, hashlib.sha256(file.content).hexdigest()]
        for file in sorted(files, key=lambda file: file.path)
        if within(file.path, image.paths)
    ]
    said = json.dumps([image.name, base, sorted(image.build_args.items()), seen])
    return hashlib.sha256(said.encode()).hexdigest()[:TAG_LENGTH]


def write_archive(files: Iterable[File], target: IO[bytes]) -> None:
    """Write the files as a tar archive that is the same for the same files, whoever writes it and when."""
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for file in sorted(files, key=lambda file: file.path):
            entry = tarfile.TarInfo(file.path)
            entry.mode = 0o755 if file.executable else 0o644
            if file.link is not None:
                entry.type, entry.linkname = tarfile.SYMTYPE, file.link
            entry.size = len(file.content)
            archive.addfile(entry, io.BytesIO(file.content))


def select(source: IO[bytes], folders: Sequence[str], target: IO[bytes]) -> None:
    """Copy from one archive to another what lies in the folders, so that a build sees only what its tag counts."""
    with (
        tarfile.open(fileobj=source, mode="r:") as whole,
        tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as part,
    ):
        for entry in whole:
            if within(entry.name, folders):
                part.addfile(entry, whole.extractfile(entry) if entry.isfile() else None)
