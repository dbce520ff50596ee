"""Which cluster lies in a volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from host.postgres import parse_system_identifier, read_cluster

if TYPE_CHECKING:
    from pathlib import Path

# The first bytes of the pg_control of a cluster whose pg_controldata says 7461226841733963812.
CONTROL = (7461226841733963812).to_bytes(8, "little") + (1300).to_bytes(4, "little")


def make_cluster(directory: Path) -> None:
    for made in ("global", "base/1"):
        (directory / made).mkdir(parents=True)
    (directory / "global/pg_control").write_bytes(CONTROL)
    for version in ("PG_VERSION", "base/1/PG_VERSION"):
        (directory / version).write_text("17\n")


def test_the_system_identifier_is_the_first_field_of_pg_control() -> None:
    assert parse_system_identifier(CONTROL) == "7461226841733963812"


@pytest.mark.parametrize("below", ["", "pgdata", "18/docker"])
def test_a_cluster_is_found_in_a_volume_or_a_little_below(tmp_path: Path, below: str) -> None:
    make_cluster(tmp_path / below)
    found = read_cluster(tmp_path)
    assert (found["cluster"], found["version"], found["system_identifier"]) == (True, "17", "7461226841733963812")
    assert found["data_directory"] == str(tmp_path / below)


def test_an_empty_volume_and_none_at_all_are_told_apart(tmp_path: Path) -> None:
    assert read_cluster(tmp_path)["exists"]
    assert not read_cluster(tmp_path)["cluster"]
    assert not read_cluster(tmp_path / "none")["exists"]
