"""The API's description: generated, complete, served, and kept with the code."""

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "api_description.py"


@pytest.fixture
def script() -> ModuleType:
    spec = spec_from_file_location("api_description", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    return dict(client.get("/api/v1/openapi.json").json or {})


def test_every_operation_is_described_with_its_answers_and_problems(app: APIFlask, document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")]
    served = {
        (method, rule.rule.replace("<int:key>", "{key}"))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule != "/api/v1/openapi.json"
    }
    assert described == served
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for part in json.dumps(document).split('"$ref": "#/components/schemas/')[1:]:
        assert part.split('"')[0] in document["components"]["schemas"]


def test_the_document_in_the_repository_is_up_to_date(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["api_description.py", "--check"])
    assert script.main() == 0


def test_an_outdated_document_is_refused_with_the_remedy(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["api_description.py", "--check"])
    monkeypatch.setattr(script, "DOCUMENT", tmp_path / "openapi.json")
    assert script.main() == 1
    assert "run scripts/generated" in capsys.readouterr().err
