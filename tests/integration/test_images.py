"""What one fleet on this machine has built, the next one takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet import ROOT

if TYPE_CHECKING:
    from fleet import Fleet


def without_its_image(fleet: Fleet) -> str:
    """Take the registry's image from the build host; return the tag that it had."""
    (host,) = fleet.hosts("build")
    name = f"{fleet.address(host)}:5000/jobfolio/registry"
    (tag,) = fleet.run(host, f"docker image ls --format '{{{{.Tag}}}}' {name}").split()
    fleet.run(host, f"docker image rm --force {name}:{tag}")
    return tag


def test_an_image_that_was_kept_is_taken_and_one_that_was_cut_off_is_built(fleet: Fleet) -> None:
    before = fleet.all_containers()
    kept = ROOT / ".state" / "images" / f"registry-{without_its_image(fleet)}.tar"
    run = fleet.playbook("build")
    assert run.status == 0, run.output
    assert "registry: taken from /var/cache/jobfolio" in run.words

    whole = kept.stat().st_size
    with kept.open("r+b") as archive:
        archive.truncate(whole // 2)
    without_its_image(fleet)
    run = fleet.playbook("build")
    assert run.status == 0, run.output
    assert "registry: built in" in run.words
    assert kept.stat().st_size > whole // 2
    assert fleet.all_containers() == before
