"""The drawing of the schema shows the models as they are."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest
from jobfolio.models import Base

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "schema_diagram.py"


@pytest.fixture
def script() -> ModuleType:
    spec = spec_from_file_location("schema_diagram", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def check(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["schema_diagram.py", "--check"])
    code: int = script.main()
    return code


def test_drawing_in_the_documentation_is_up_to_date(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(script, monkeypatch) == 0


def test_stale_drawing_is_refused_with_the_remedy(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "DRAWING", tmp_path / "schema.svg")
    assert check(script, monkeypatch) == 1
    assert "run scripts/schema_diagram.py" in capsys.readouterr().err


def test_drawing_names_every_table_and_column_and_draws_every_foreign_key(script: ModuleType) -> None:
    drawing = script.draw()
    texts = {element.text for element in ET.fromstring(drawing).iter() if element.text}  # noqa: S314 - our own
    for table in Base.metadata.tables.values():
        assert {table.name, *table.columns.keys()} <= texts
    keys = sum(len(table.foreign_key_constraints) for table in Base.metadata.tables.values())
    assert drawing.count('class="rule"') == keys
