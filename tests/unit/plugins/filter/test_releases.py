"""Which release an upgrade would go back to, and which ones a schema still allows."""

from __future__ import annotations

from typing import Any

import pytest
from filter.releases import images_to_remove, release_obstacle, release_origin


def manifest(
    release: str,
    *,
    works_on: list[str] | None = None,
    older: list[str] | None = None,
    contracts: list[str] | None = None,
) -> dict[str, Any]:
    images = {service: f"jobfolio/{service}@sha256:{service}-{release}" for service in ("backend", "frontend")}
    schema = {"works_on": works_on or ["a"], "older": older or [], "contracts": contracts or []}
    return {"release": release, "images": images, "schema": schema}


def runs(name: str, image: str, state: str = "running") -> dict[str, Any]:
    return {"name": name, "image": f"10.0.1.15:5000/jobfolio/{image}", "state": state}


OLD, NEW = manifest("1.0.0"), manifest("1.1.0")


def test_the_release_of_all_that_runs_is_the_one_to_go_back_to() -> None:
    found = {
        "backend1": [runs("backend-a", "backend@sha256:backend-1.0.0"), runs("postgres", "postgres@sha256:x")],
        "edge1": [runs("frontend-b", "frontend@sha256:frontend-1.0.0")],
    }
    assert release_origin(found, [OLD, NEW], "1.1.0") == {"release": "1.0.0", "problems": []}


def test_hosts_that_have_the_target_already_are_left_out() -> None:
    found = {
        "backend1": [runs("backend-a", "backend@sha256:backend-1.1.0")],
        "backend2": [
            runs("backend-a", "backend@sha256:backend-1.0.0"),
            runs("backend-b", "backend@sha256:gone", "exited"),
        ],
    }
    assert release_origin(found, [OLD, NEW], "1.1.0")["release"] == "1.0.0"
    assert release_origin({"backend1": found["backend1"]}, [OLD, NEW], "1.1.0")["release"] == "1.1.0"


def test_the_newest_of_releases_with_the_same_images_is_taken() -> None:
    twins = [{**OLD, "release": release} for release in ("1.0.9", "1.0.10", "1.0.2")]
    found = {"backend1": [runs("backend-a", "backend@sha256:backend-1.0.0")]}
    assert release_origin(found, [*twins, NEW], "1.1.0")["release"] == "1.0.10"


@pytest.mark.parametrize(
    ("containers", "said"),
    [
        ([], "Nothing runs that could be upgraded; deploy first"),
        ([runs("backend-a", "backend@sha256:by-hand")], "backend1 (10.0.1.15:5000/jobfolio/backend@sha256:by-hand)"),
        (
            [runs("backend-a", "backend@sha256:backend-1.0.0"), runs("frontend-a", "frontend@sha256:frontend-0.9.0")],
            "run more than one release",
        ),
    ],
)
def test_what_leaves_no_way_back_is_a_problem(containers: list[dict[str, Any]], said: str) -> None:
    found = release_origin({"backend1": containers}, [manifest("0.9.0"), OLD, NEW], "1.1.0")
    assert found["release"] == ""
    (problem,) = found["problems"]
    assert said in problem


def test_a_schema_that_is_behind_or_only_wider_is_in_nobody_s_way() -> None:
    old = manifest("1.0.0", works_on=["a"])
    wide = manifest("1.1.0", works_on=["c", "b"], older=["a"], contracts=["c"])
    for revision in ("", "a", "b"):
        assert release_obstacle(old, revision, [old, wide]) == ""
    for revision in ("", "a", "b", "c"):
        assert release_obstacle(wide, revision, [old, wide]) == ""


def test_a_contract_bars_the_way_to_releases_that_do_not_know_it() -> None:
    old = manifest("1.0.0", works_on=["a"])
    wide = manifest("1.1.0", works_on=["c", "b"], older=["a"], contracts=["c"])
    later = manifest("1.2.0", works_on=["d"], older=["c", "b", "a"], contracts=["c"])
    for revision in ("c", "d"):
        said = release_obstacle(old, revision, [old, wide, later])
        assert said == (
            "Release 1.0.0 does not work on this schema: c, applied since, took away what it needs."
            " These do: 1.1.0, 1.2.0."
        )


def test_a_revision_that_no_file_here_knows_bars_the_way() -> None:
    said = release_obstacle(OLD, "beef", [OLD, NEW])
    assert said == (
        "Release 1.0.0 does not work on this schema: no release's file here knows its revision beef."
        " No release whose file is here does."
    )


def host(*digests: str, used: str = "") -> dict[str, Any]:
    containers = [runs("backend-a", used, "exited")] if used else []
    return {"containers": containers, "image_digests": [f"10.0.1.15:5000/jobfolio/{digest}" for digest in digests]}


RELEASES = [manifest(release) for release in ("1.9.0", "1.10.0", "1.8.0", "1.11.0", "2.0.0")]
OF_ALL = [f"backend@sha256:backend-{one['release']}" for one in RELEASES]


@pytest.mark.parametrize(
    ("keep", "gone"), [(0, ["1.10.0", "1.8.0", "1.9.0"]), (1, ["1.8.0", "1.9.0"]), (2, ["1.8.0"]), (3, []), (9, [])]
)
def test_images_of_as_many_releases_before_are_kept_as_the_variable_says(keep: int, gone: list[str]) -> None:
    found = images_to_remove(host(*OF_ALL), RELEASES, "1.11.0", keep, "10.0.1.15:5000")
    assert found == [f"10.0.1.15:5000/jobfolio/backend@sha256:backend-{release}" for release in gone]


def test_an_image_that_no_release_names_goes_and_one_that_is_in_use_stays() -> None:
    built_again, used = "backend@sha256:first-try", "frontend@sha256:second-try"
    found = images_to_remove(host(built_again, used, used=used), RELEASES, "2.0.0", 9, "10.0.1.15:5000")
    assert found == [f"10.0.1.15:5000/jobfolio/{built_again}"]


def test_images_of_others_and_of_what_no_upgrade_replaces_stay() -> None:
    found = host("postgres@sha256:old", "edge@sha256:old")
    found["image_digests"] += ["docker.io/library/backend@sha256:x", "10.0.1.15:5000/other/backend@sha256:x"]
    assert images_to_remove(found, RELEASES, "2.0.0", 0, "10.0.1.15:5000") == []
