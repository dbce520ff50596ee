"""A role says what it is for and what it takes, and its two lists of variables agree."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted((Path(__file__).parents[3] / "roles").iterdir())
OPTION_KEYS = {
    "type",
    "description",
    "default",
    "required",
    "choices",
    "elements",
    "options",
    "no_log",
    "version_added",
}


def entry_points(role: Path) -> dict[str, Any]:
    """What a role's argument_specs say, by entry point."""
    specs: dict[str, Any] = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    return specs


def options(entry_point: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every option of an entry point and those below it, by path."""
    for name, option in entry_point.get("options", {}).items():
        yield prefix + name, option
        yield from options(option, f"{prefix}{name}.")


def defaults(role: Path) -> dict[str, Any]:
    """The role's public defaults."""
    path = role / "defaults" / "main.yml"
    values: dict[str, Any] = (yaml.safe_load(path.read_text()) if path.exists() else None) or {}
    return {name: value for name, value in values.items() if not name.startswith("__")}


def is_text(description: object) -> bool:
    """Whether it is a sentence or a list of them. A stray colon makes a mapping of one."""
    sentences = description if isinstance(description, list) else [description]
    return bool(sentences) and all(isinstance(sentence, str) and sentence.strip() for sentence in sentences)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_says_what_it_is_for(role: Path) -> None:
    for name, entry_point in entry_points(role).items():
        assert is_text(entry_point.get("short_description")), f"entry point {name}"
        assert is_text(entry_point.get("description", "none")), f"entry point {name}"


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_variable_of_a_role_has_a_type_and_a_description(role: Path) -> None:
    for entry_point in entry_points(role).values():
        for path, option in options(entry_point):
            assert option.keys() <= OPTION_KEYS, f"{path}: a comma or colon in its description, perhaps: quote it"
            assert "type" in option, path
            assert is_text(option.get("description")), path


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_default_of_a_role_is_documented_as_it_is(role: Path) -> None:
    documented = {name: option for entry in entry_points(role).values() for name, option in entry["options"].items()}
    for name, value in defaults(role).items():
        assert name in documented, f"{name} is missing in argument_specs.yml"
        assert not documented[name].get("required"), f"{name} has a default and is required"
        if "default" in documented[name] and "{{" not in str(value):
            assert documented[name]["default"] == value, name
    for name, option in documented.items():
        if name.startswith(f"{role.name}_") and "default" in option:
            assert name in defaults(role), f"{name} is documented with a default that it does not have"
