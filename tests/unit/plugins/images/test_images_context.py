"""An image is named by what it is built from, and built from nothing else."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from images.context import File, Image, RefusedError, content_tag, git_files, select, write_archive

if TYPE_CHECKING:
    from pathlib import Path

EDGE = Image("edge", ("images/edge",), {"VERSION": "3.0"})
FILES = [
    File("images/edge/Dockerfile", b"FROM base\n"),
    File("images/edge/start", b"#!/bin/sh\n", executable=True),
    File("images/edge/current", b"", link="start"),
    File("images/edges/other", b"another image's\n"),
]


def packed(files: list[File]) -> bytes:
    archive = io.BytesIO()
    write_archive(files, archive)
    return archive.getvalue()


def names(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return opened.getnames()


def tag(files: list[File] = FILES, image: Image = EDGE, base: str = "base:1") -> str:
    return content_tag(image, files, base)


def test_same_files_give_the_same_tag_in_whatever_order_they_are_found() -> None:
    assert tag() == tag(FILES[::-1])


@pytest.mark.parametrize(
    "other",
    [
        tag([replace(FILES[0], content=b"FROM other\n"), *FILES[1:]]),
        tag([FILES[0], replace(FILES[1], executable=False), *FILES[2:]]),
        tag([*FILES[:2], replace(FILES[2], link="elsewhere"), FILES[3]]),
        tag([*FILES, File("images/edge/new", b"")]),
        tag(image=replace(EDGE, build_args={"VERSION": "3.1"})),
        tag(base="base:2"),
    ],
    ids=["content", "mode", "link", "new file", "build argument", "base"],
)
def test_whatever_the_build_reads_changes_the_tag(other: str) -> None:
    assert other != tag()


def test_what_lies_beside_the_images_folders_does_not_change_its_tag() -> None:
    assert tag(FILES[:3]) == tag()


def test_archive_is_the_same_whoever_packs_it() -> None:
    assert packed(FILES) == packed(FILES[::-1])
    with tarfile.open(fileobj=io.BytesIO(packed(FILES))) as opened:
        start = opened.getmember("images/edge/start")
    assert (start.mode, start.uid, start.gid, start.mtime) == (0o755, 0, 0, 0)


def test_build_gets_to_see_its_own_folders_only() -> None:
    part = io.BytesIO()
    select(io.BytesIO(packed(FILES)), EDGE.paths, part)
    assert names(part.getvalue()) == ["images/edge/Dockerfile", "images/edge/current", "images/edge/start"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    for path, text in {
        ".gitignore": "*.pyc\n",
        "app/kept.py": "kept",
        "app/dropped.pyc": "dropped",
        "app/gone.py": "gone",
        "images/Dockerfile": "FROM base",
    }.items():
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    subprocess.run(["git", "-C", str(tmp_path), "add", "app/gone.py"], check=True)
    (tmp_path / "app/gone.py").unlink()
    return tmp_path


def test_context_is_what_git_does_not_ignore_committed_or_not(repository: Path) -> None:
    assert [file.path for file in git_files(repository, ["app", "images"])] == ["app/kept.py", "images/Dockerfile"]


def test_folder_that_holds_nothing_is_named(repository: Path) -> None:
    with pytest.raises(RefusedError, match=r"^frontend is part of an image's context"):
        git_files(repository, ["app", "frontend"])


def test_copy_without_git_is_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RefusedError, match="run the build from a git clone"):
        git_files(tmp_path, ["app"])
