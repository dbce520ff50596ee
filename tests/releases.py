"""Releases that differ from the one that is deployed, made on a fleet's build host in seconds."""

from __future__ import annotations

import base64
import io
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from filter.schema_history import schema_history
from fleet import ROOT, variables

if TYPE_CHECKING:
    from fleet import Fleet

OVERLAYS = ROOT / "tests" / "overlays"
# The next release: it reads and writes a column, which its first revision adds and its second makes obligatory.
NEXT = OVERLAYS / "next"
SERVES = 'CMD ["gunicorn", "-c", "gunicorn.conf.py", "jobfolio.next:app"]'
# The revision that the first release comes with, and those of the next one.
BASE, EXPANDED, CONTRACTED = "2b185d7a7048", "5a0c1f6e9b21", "8d7e3b904c55"


def manifest(fleet: Fleet, release: str) -> dict[str, Any]:
    """What a release's file says."""
    found: dict[str, Any] = yaml.safe_load((fleet.state / "releases" / f"{release}.yml").read_text())
    return found


def make(
    fleet: Fleet,
    release: str,
    *instructions: str,
    before: str = "1.0.0",
    revisions: dict[str, str] | None = None,
    pages: bool = False,
) -> None:
    """Make a release out of the one before and the next release's overlay: its images, and its file.

    Args:
        fleet: Where it is built, and whose controller gets the file.
        release: Its name.
        instructions: What else stands in the Dockerfile.
        before: The release that it is made from.
        revisions: Files of its history that take the place of the overlay's, by name.
        pages: Whether it has other pages, too.
    """
    released = manifest(fleet, before)
    images = released["images"]
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        shutil.copytree(NEXT, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        for name, text in (revisions or {}).items():
            (folder / "migrations" / "versions" / name).write_text(text)
        dockerfile = [
            (OVERLAYS / "backend.Dockerfile").read_text(),
            f"ENV RELEASE={release}",
            *(instructions or [SERVES]),
        ]
        (folder / "Dockerfile").write_text("\n".join(dockerfile) + "\n")
        images["backend"] = _build(fleet, folder, images["backend"])
        shutil.copytree(ROOT / "files" / "migrations", folder / "whole")
        shutil.copytree(folder / "migrations", folder / "whole", dirs_exist_ok=True)
        schema = schema_history(str(folder / "whole"))
    if pages:
        with tempfile.TemporaryDirectory() as given:
            shutil.copy(OVERLAYS / "frontend.Dockerfile", Path(given) / "Dockerfile")
            images["frontend"] = _build(fleet, Path(given), images["frontend"])
    released |= {"release": release, "schema": schema}
    (fleet.state / "releases" / f"{release}.yml").write_text(yaml.safe_dump(released))


def _build(fleet: Fleet, folder: Path, before: str) -> str:
    """Build what a folder holds out of an image, push it, and return its reference by digest."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder, ".")
    (host,) = fleet.hosts("build")
    registry, repository = f"{fleet.address(host)}:5000", before.partition("@")[0]
    name = f"{registry}/{repository}:test"
    context = base64.b64encode(packed.getvalue()).decode()
    said = fleet.run(
        host,
        f"set -e; echo {context} | base64 -d >/tmp/release.tgz;"
        f" docker build --quiet --build-arg BEFORE={registry}/{before} --tag {name} - </tmp/release.tgz >/dev/null;"
        f" docker push --quiet {name} >/dev/null; docker inspect --format '{{{{json .RepoDigests}}}}' {name}",
    )
    (digest,) = {one.partition("@")[2] for one in yaml.safe_load(said)}
    return f"{repository}@{digest}"


def served(fleet: Fleet) -> set[str]:
    """Releases of all running backends, as their environments name them."""
    asked = (
        "docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' $(docker ps -q --filter name=^backend-)"
    )
    return {
        line.partition("=")[2]
        for host in fleet.hosts("backend")
        for line in fleet.run(host, asked).splitlines()
        if line.startswith("RELEASE=")
    }


def downgrade(fleet: Fleet, revision: str = BASE) -> None:
    """Take the schema back to a revision before."""
    run = fleet.playbook("migrate", *variables(release="1.1.0", migrate_action="downgrade", migrate_revision=revision))
    assert run.status == 0, run.output
