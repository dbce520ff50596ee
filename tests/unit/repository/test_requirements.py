"""requirements.yml names the collections that the locked ansible package brings."""

import json
import re
import sys
from pathlib import Path

import ansible_collections
import pytest
import yaml

ROOT = Path(__file__).parents[3]
COLLECTIONS = yaml.safe_load((ROOT / "requirements.yml").read_text())["collections"]


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda c: str(c["name"]))
def test_a_collection_has_the_version_that_the_locked_package_brings(collection: dict[str, str]) -> None:
    bounds = re.fullmatch(r">=([\d.]+),<=([\d.]+)", collection["version"])
    assert bounds, collection
    manifest = Path(next(iter(ansible_collections.__path__)), *collection["name"].split("."), "MANIFEST.json")
    installed = json.loads(manifest.read_text())["collection_info"]["version"]
    assert installed == bounds[2 if sys.version_info >= (3, 12) else 1]


def test_every_collection_that_the_repository_uses_is_named() -> None:
    used = set()
    for path in [*ROOT.glob("roles/**/*.yml"), *ROOT.glob("playbooks/*.yml"), ROOT / "ansible.cfg"]:
        used.update(
            re.findall(r"\b((?:community|ansible|amazon)\.(?!builtin\b)[a-z]+)\.[a-z0-9_]+\b", path.read_text())
        )
    assert used - {"ansible.module_utils"} == {collection["name"] for collection in COLLECTIONS}


def test_the_stand_in_for_aws_has_the_versions_that_the_tests_are_checked_with() -> None:
    pinned = {
        path: dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / path).read_text(), re.MULTILINE))
        for path in ("requirements.txt", "roles/local_fleet/files/aws/requirements.txt")
    }
    whole, part = pinned.values()
    assert part["moto"]
    assert part.items() <= whole.items()
