"""The newest revision is read off the source of an Alembic history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from filter.migrations_head import head, migrations_head

if TYPE_CHECKING:
    from pathlib import Path

FIRST = 'import not_installed_here\nrevision = "0001"\ndown_revision = None\n'
SECOND = 'revision: str = "0002"\ndown_revision: str | None = "0001"\nphase = "expand"\n'


def test_head_is_the_revision_that_none_follows_in_whatever_order() -> None:
    assert head([SECOND, FIRST]) == "0002"
    assert head([FIRST]) == "0001"


def test_merged_branches_have_one_head() -> None:
    third = 'revision = "0003"\ndown_revision = "0001"\n'
    merge = 'revision = "0004"\ndown_revision = ("0002", "0003")\n'
    assert head([FIRST, SECOND, third, merge]) == "0004"


def test_two_heads_are_refused_by_name() -> None:
    third = 'revision = "0003"\ndown_revision = "0001"\n'
    with pytest.raises(ValueError, match=r"0002, 0003.*flask db merge"):
        head([FIRST, SECOND, third])


def test_folder_without_a_history_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{tmp_path}: there is no revision"):
        migrations_head(str(tmp_path))
