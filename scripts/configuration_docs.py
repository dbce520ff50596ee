#!/usr/bin/env python3
"""Write docs/configuration.md from the roles' argument_specs: what they take is documented where it is checked.

Usage: configuration_docs.py [--check]    With --check it writes nothing, and fails where the file is out of date.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path("docs/configuration.md")

INTRODUCTION = """\
<!-- Written by scripts/configuration_docs.py. Edit roles/*/meta/argument_specs.yml and run scripts/generated. -->
# Configuration

Every variable that a role takes. A role checks its own before it does anything: a wrong type or an unknown choice stops
the playbook with the name of the variable.

Set them in `group_vars/`: `all/` holds what every environment shares, `local/` the fleet on this machine, `production/`
the real one. A variable set for a group or a host wins over `all/`. Secrets come from
[the vault](first-deploy.md#2-the-vault).
"""

# Ansible's markup for documentation, and the same in Markdown.
MARKUP = (
    (re.compile(r"\b[CEMOPV]\(([^)]+)\)"), r"`\1`"),
    (re.compile(r"\bL\(([^,)]+), *([^)]+)\)"), r"[\1](\2)"),
    (re.compile(r"\bU\(([^)]+)\)"), r"<\1>"),
    (re.compile(r"\bB\(([^)]+)\)"), r"**\1**"),
    (re.compile(r"\bI\(([^)]+)\)"), r"*\1*"),
)


class SpecError(ValueError):
    """A role's argument_specs cannot be documented; the message says what to mend."""


def main() -> int:
    """Write the file, or compare it with what would be written."""
    parser = argparse.ArgumentParser(description="Write docs/configuration.md from the roles' argument_specs.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the file is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args()

    target = arguments.root / TARGET
    try:
        wanted = render(read_specs(arguments.root))
    except SpecError as error:
        print(error, file=sys.stderr)
        return 1
    if target.exists() and target.read_text(encoding="utf-8") == wanted:
        return 0
    if arguments.check:
        print(f"{TARGET} is out of date: run scripts/generated and commit it.", file=sys.stderr)
        return 1
    target.write_text(wanted, encoding="utf-8")
    return 0


def read_specs(root: Path) -> dict[str, dict[str, Any]]:
    """Return the entry points of each role, by its name, in the order of names."""
    return {
        path.parents[1].name: yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        for path in sorted(root.glob("roles/*/meta/argument_specs.yml"))
    }


def render(roles: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the whole page."""
    overview = [f"| [`{name}`](#{name}) | {cell(purpose(entry_points))} |" for name, entry_points in roles.items()]
    blocks = [INTRODUCTION.rstrip(), "\n".join(["| role | |", "|---|---|", *overview])]
    for name, entry_points in roles.items():
        blocks += [f"## {name}", *role(entry_points)]
    return "\n\n".join(blocks) + "\n"


def purpose(entry_points: Mapping[str, Any]) -> str:
    """Return what the role is for, in one line."""
    return str(next(iter(entry_points.values()))["short_description"])


def role(entry_points: Mapping[str, Any]) -> Iterator[str]:
    """Yield what there is to say about a role: its first entry point whole, of the others what they add."""
    (_, first), *others = entry_points.items()
    yield markdown(first["short_description"]) + "."
    yield from described(first)
    common = first.get("options", {})
    yield from tables(common)
    for name, entry_point in others:
        yield f"### Entry point `{name}`"
        yield markdown(entry_point["short_description"]) + "."
        yield from described(entry_point)
        own = {key: option for key, option in entry_point.get("options", {}).items() if common.get(key) != option}
        if len(own) < len(entry_point.get("options", {})):
            yield "It takes the variables above" + (", and these:" if own else ".")
        if own:
            yield from tables(own)


def described(entry_point: Mapping[str, Any]) -> Iterator[str]:
    """Yield an entry point's description, each item of it as a paragraph of its own."""
    yield from map(markdown, sentences(entry_point.get("description", [])))


def tables(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the table of variables, and one more for each that is a dictionary with keys of its own."""
    if not options:
        yield "It takes no variables."
        return
    yield table("variable", options)
    for name, option in options.items():
        if keys := dict(flattened(option.get("options", {}))):
            yield f"Each item of `{name}`:" if option["type"] == "list" else f"Keys of `{name}`:"
            yield table("key", keys)


def flattened(options: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield options and those below them by their path: `mounts`, `mounts[].source`."""
    for name, option in options.items():
        yield prefix + name, option
        below = f"{prefix}{name}[]." if option["type"] == "list" else f"{prefix}{name}."
        yield from flattened(option.get("options", {}), below)


def table(heading: str, options: Mapping[str, Any]) -> str:
    """Return a Markdown table of options."""
    rows = [
        f"| `{name}` | {type_of(option)} | {default_of(option)} | {cell(' '.join(sentences(option['description'])))} |"
        for name, option in options.items()
    ]
    return "\n".join([f"| {heading} | type | default | |", "|---|---|---|---|", *rows])


def type_of(option: Mapping[str, Any]) -> str:
    """Return the type in words, with the choices where there are some."""
    kind = str(option["type"])
    if "elements" in option:
        kind = f"{kind} of {option['elements']}"
    choices = ", ".join(f"`{choice}`" for choice in option.get("choices", []))
    return f"{kind}: {choices}" if choices else kind


def default_of(option: Mapping[str, Any]) -> str:
    """Return the default as YAML writes it in one line; that the variable is required; or nothing."""
    if option.get("required"):
        return "**required**"
    if option.get("default") is None:
        return ""
    default = option["default"]
    shown = default if isinstance(default, str) and default else json.dumps(default, ensure_ascii=False)
    return "`" + shown.replace("|", "\\|") + "`"


def sentences(description: str | list[str]) -> list[str]:
    """Return a description as a list, however it was written.

    Raises SpecError where YAML made something else than text of it.
    """
    listed = description if isinstance(description, list) else [description]
    for sentence in listed:
        if not isinstance(sentence, str):
            raise SpecError(f"A description in argument_specs is no text; quote it, for the colon in it: {sentence}")
    return listed


def cell(text: str) -> str:
    """Return text as it may stand in a table."""
    return " ".join(markdown(text).split()).replace("|", "\\|")


def markdown(text: str) -> str:
    """Turn Ansible's documentation markup into Markdown."""
    for pattern, replacement in MARKUP:
        text = pattern.sub(replacement, text)
    return text.strip()


if __name__ == "__main__":
    sys.exit(main())
