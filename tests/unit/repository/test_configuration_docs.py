"""docs/configuration.md is written from the roles' argument_specs, and says when it is out of date."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "configuration_docs.py"
SPECS = """
argument_specs:
  main:
    short_description: Keep a kettle
    description: [Fills it., "Boils C(water)."]
    options: &options
      kettle_size:
        description: Litres, as L(the law,https://example.org/law) asks.
        type: int
        required: true
      kettle_kind:
        description: Steel | glass.
        type: str
        choices: [steel, glass]
        default: steel
      kettle_lids:
        description: Its lids.
        type: list
        elements: dict
        default: []
        options:
          colour: {type: str, required: true, description: Their colour.}
          knobs:
            type: list
            elements: dict
            description: On top.
            options:
              width: {type: int, description: In mm.}
  pour:
    short_description: Pour it out
    options:
      <<: *options
      kettle_speed: {type: float, description: How fast.}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one role."""
    (tmp_path / "docs").mkdir()
    meta = tmp_path / "roles" / "kettle" / "meta"
    meta.mkdir(parents=True)
    (meta / "argument_specs.yml").write_text(SPECS)
    return tmp_path


def run(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--root", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def written(repository: Path) -> list[str]:
    assert run(repository).returncode == 0
    return (repository / "docs" / "configuration.md").read_text().splitlines()


def test_a_variable_shows_type_choices_default_and_whether_it_is_required(repository: Path) -> None:
    lines = written(repository)
    assert "| `kettle_size` | int | **required** | Litres, as [the law](https://example.org/law) asks. |" in lines
    assert r"| `kettle_kind` | str: `steel`, `glass` | `steel` | Steel \| glass. |" in lines


def test_the_page_opens_with_every_role_and_its_purpose(repository: Path) -> None:
    assert "| [`kettle`](#kettle) | Keep a kettle |" in written(repository)


def test_each_item_of_a_description_is_a_paragraph(repository: Path) -> None:
    lines = written(repository)
    assert lines[lines.index("Fills it.") :][:3] == ["Fills it.", "", "Boils `water`."]


def test_nested_options_stand_in_one_table_by_their_path(repository: Path) -> None:
    lines = written(repository)
    table = lines[lines.index("Each item of `kettle_lids`:") :]
    assert [row.split("|")[1].strip() for row in table[4:7]] == ["`colour`", "`knobs`", "`knobs[].width`"]


def test_another_entry_point_lists_only_what_it_adds(repository: Path) -> None:
    lines = written(repository)
    added = lines[lines.index("### Entry point `pour`") :]
    assert "It takes the variables above, and these:" in added
    assert [line.split("|")[1].strip() for line in added if line.startswith("| `")] == ["`kettle_speed`"]


def test_check_passes_on_what_was_just_written(repository: Path) -> None:
    written(repository)
    assert run(repository, "--check").returncode == 0


def test_a_description_that_yaml_took_for_a_mapping_is_named(repository: Path) -> None:
    specs = repository / "roles" / "kettle" / "meta" / "argument_specs.yml"
    specs.write_text(SPECS.replace("In mm.", "{unit: mm}"))

    refused = run(repository)

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "quote it" in refused.stderr


@pytest.mark.parametrize("stale", ["", "Something else.\n", None])
def test_check_fails_with_one_sentence_that_names_file_and_remedy(repository: Path, stale: str | None) -> None:
    page = repository / "docs" / "configuration.md"
    if stale is not None:
        page.write_text(stale)

    checked = run(repository, "--check")

    assert checked.returncode == 1
    assert checked.stderr == "docs/configuration.md is out of date: run scripts/generated and commit it.\n"
    assert (page.read_text() if page.exists() else None) == stale
