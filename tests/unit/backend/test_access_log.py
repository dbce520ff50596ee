"""The access log: one JSON object a request, without what no log should hold."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from gunicorn.config import Config
from jobfolio.access_log import JsonAccessLogger

if TYPE_CHECKING:
    from gunicorn.http.message import Request
    from gunicorn.http.wsgi import Response


def log(capsys: pytest.CaptureFixture[str], path: str, status: str) -> str:
    config = Config()
    config.set("accesslog", "-")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "token=hush",
        "RAW_URI": f"{path}?token=hush",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_USER_AGENT": 'quo"ted',
    }
    # What it reads of gunicorn's objects is imitated.
    response, request = cast("Response", SimpleNamespace(status=status, sent=5)), cast("Request", SimpleNamespace())
    JsonAccessLogger(config).access(response, request, environ, timedelta(milliseconds=12.34))
    return capsys.readouterr().out


def test_request_is_one_json_object_without_its_query(capsys: pytest.CaptureFixture[str]) -> None:
    line = log(capsys, "/api/v1/profile", "200 OK")
    logged = json.loads(line)
    assert logged.pop("time")
    assert logged == {
        "client": "192.0.2.1",
        "method": "GET",
        "path": "/api/v1/profile",
        "status": 200,
        "bytes": 5,
        "ms": 12.3,
        "agent": 'quo"ted',
    }
    assert "hush" not in line


def test_probes_are_logged_when_they_fail_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert log(capsys, "/readyz", "200 OK") == ""
    assert json.loads(log(capsys, "/readyz", "503 Service Unavailable"))["status"] == 503
