"""A real environment has every secret that the fleet on this machine has, and an example of each file to fill in."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
VAULTED = re.compile(r"^\{\{ (vault_\w+) \}\}$")


def read(name: str) -> dict[str, Any]:
    """A file of variables."""
    values: dict[str, Any] = yaml.safe_load((ROOT / "group_vars" / name).read_text())
    return values


def test_production_takes_every_secret_of_the_local_fleet_from_the_vault() -> None:
    production = read("production/main.yml")
    for name in read("local/secrets.yml"):
        assert production[name] == f"{{{{ vault_{name} }}}}"


def test_the_example_of_the_vault_holds_exactly_what_production_takes_from_it() -> None:
    taken = [match[1] for value in read("production/main.yml").values() if (match := VAULTED.match(str(value)))]
    assert list(read("production/vault.yml.example")) == taken


def test_the_vault_s_example_holds_no_value_that_could_be_used() -> None:
    assert set(read("production/vault.yml.example").values()) == {"CHANGE ME"}


def test_the_example_inventory_has_the_groups_of_the_local_one() -> None:
    example, local = (
        next(iter(yaml.safe_load((ROOT / "inventory" / name).read_text())["all"]["children"].values()))["children"]
        for name in ("production.example.yml", "local.yml")
    )
    assert example.keys() == local.keys()
    assert {group: list(one["hosts"]) for group, one in example.items()} == {
        group: list(one["hosts"]) for group, one in local.items()
    }


def test_whatever_the_inventory_of_aws_composes_is_an_expression() -> None:
    composed = yaml.safe_load((ROOT / "inventory/aws_ec2.yml").read_text())["compose"]
    assert [name for name, expression in composed.items() if not isinstance(expression, str)] == []
