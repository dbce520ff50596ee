"""What the pages of several releases load stays on a host: images/frontend/keep-assets."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


class Host:
    """A host with a volume, on which frontends start."""

    def __init__(self, path: Path) -> None:
        self.path, self.volume, self.starts = path, path / "volume", 0
        self.volume.mkdir()

    def start(self, *assets: str, command: str = "true") -> subprocess.CompletedProcess[str]:
        """Start a release with these assets; each start is a minute after the one before."""
        own = self.path / "-".join(assets).replace("/", "-")
        for name in assets:
            (own / name).parent.mkdir(parents=True, exist_ok=True)
            (own / name).write_text(f"content of {name}")
        for number, old in enumerate(sorted(self.lists(), key=lambda path: path.stat().st_mtime)):
            os.utime(old, (number, number))
        environment = {"OWN_ASSETS": str(own), "ASSETS_VOLUME": str(self.volume), "ASSETS_RELEASES": "2"}
        return subprocess.run(
            [ROOT / "images" / "frontend" / "keep-assets", "sh", "-c", command],
            capture_output=True, text=True, check=False, env=os.environ | environment,
        )  # fmt: skip

    def lists(self) -> list[Path]:
        return list((self.volume / "releases").glob("*"))

    def kept(self) -> set[str]:
        whole = self.volume / "assets"
        return {str(path.relative_to(whole)) for path in whole.rglob("*") if path.is_file()}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host that no frontend has run on."""
    return Host(tmp_path)


def test_the_assets_of_the_release_before_stay_and_older_ones_go(host: Host) -> None:
    for assets in (("index-1.js", "pdf-6/a.js"), ("index-2.js", "pdf-6/a.js"), ("index-3.js",)):
        assert host.start(*assets).returncode == 0
    assert host.kept() == {"index-2.js", "pdf-6/a.js", "index-3.js"}
    assert (host.volume / "assets" / "index-2.js").read_text() == "content of index-2.js"


def test_a_release_that_starts_again_is_a_recent_one(host: Host) -> None:
    for assets in ("index-1.js", "index-2.js", "index-1.js", "index-3.js"):
        host.start(assets)
    assert host.kept() == {"index-1.js", "index-3.js"}


def test_a_second_start_writes_no_asset_again(host: Host) -> None:
    host.start("index-1.js")
    before = (host.volume / "assets" / "index-1.js").stat()
    host.start("index-1.js")
    after = (host.volume / "assets" / "index-1.js").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_the_command_takes_the_place_of_the_script_with_its_status(host: Host) -> None:
    assert host.start("index-1.js", command="exit 3").returncode == 3


def test_a_release_is_served_even_where_the_volume_cannot_be_used(host: Host) -> None:
    (host.volume / "assets").write_text("no folder")
    run = host.start("index-1.js", command="echo serving")
    assert run.stdout == "serving\n"
    assert "cannot be used; open pages of other releases may miss files" in run.stderr


def test_what_a_killed_start_left_is_removed_once_nobody_can_be_writing_it(host: Host) -> None:
    host.start("index-1.js")
    old, young = host.volume / ".new.old", host.volume / ".new.young"
    for path in (old, young):
        path.mkdir()
    os.utime(old, (0, 0))
    host.start("index-1.js")
    assert [path.name for path in host.volume.glob(".new.*")] == [young.name]
