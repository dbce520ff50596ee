"""Which revisions a release works on is read off the source of its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from filter.schema_history import schema_history

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A history of an expand and a contract."""
    (tmp_path / "versions").mkdir()
    write(tmp_path, "0001", "None", "expand")
    write(tmp_path, "0002", "'0001'", "contract")
    return tmp_path


def write(folder: Path, revision: str, down: str, phase: str) -> None:
    text = f"revision = '{revision}'\ndown_revision = {down}\nphase = '{phase}'\n\n\ndef upgrade():\n    pass\n"
    (folder / "versions" / f"{revision}.py").write_text(text)


def test_newest_comes_first_and_only_contracts_before_the_last(history: Path) -> None:
    assert schema_history(str(history)) == {
        "works_on": ["0002", "0001"],
        "older": [],
        "contracts": ["0002"],
    }
    write(history, "0003", "'0002'", "expand")
    assert schema_history(str(history)) == {
        "works_on": ["0003"],
        "older": ["0002", "0001"],
        "contracts": ["0002"],
    }


def test_two_heads_are_refused_by_name(history: Path) -> None:
    write(history, "0003", "'0001'", "expand")
    with pytest.raises(ValueError, match=rf"{history}: The history has 2 heads \(0002, 0003\)"):
        schema_history(str(history))


def test_folder_without_a_history_is_named(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    with pytest.raises(ValueError, match=f"{tmp_path}: there is no revision"):
        schema_history(str(tmp_path))


def test_a_phase_that_is_none_is_refused(history: Path) -> None:
    write(history, "0003", "'0002'", "widen")
    with pytest.raises(ValueError, match="Revision 0003: phase is 'widen'"):
        schema_history(str(history))
