"""Logs: one JSON object a line with the request's ID, without what no log should hold."""

import json
import logging
import sys
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from uuid import UUID

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from gunicorn.config import Config
from jobfolio.logs import JsonFormatter, JsonLogger
from unit.backend.conftest import Database

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
    response, request = (
        cast("Response", SimpleNamespace(status=status, sent=5, headers=[("X-Request-ID", "request-1")])),
        cast("Request", SimpleNamespace()),
    )
    JsonLogger(config).access(response, request, environ, timedelta(milliseconds=12.34))
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
        "request_id": "request-1",
    }
    assert "hush" not in line


def test_probes_are_logged_when_they_fail_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert log(capsys, "/readyz", "200 OK") == ""
    assert json.loads(log(capsys, "/readyz", "503 Service Unavailable"))["status"] == 503


def test_what_the_application_says_is_json_with_the_id_of_its_request(app: APIFlask, client: FlaskClient) -> None:
    said = []

    @app.before_request
    def say() -> None:
        record = logging.getLogger("jobfolio.test").makeRecord("jobfolio.test", 30, "", 0, "%s %d", ("a\nb", 1), None)
        said.append(JsonFormatter().format(record))

    answer = client.get("/livez", headers={"X-Request-ID": "0b5c9a3e-request"})

    logged = json.loads(said[0])
    assert logged.pop("time")
    assert logged == {
        "level": "warning",
        "logger": "jobfolio.test",
        "message": "a\nb 1",
        "request_id": "0b5c9a3e-request",
    }
    assert answer.headers["X-Request-ID"] == "0b5c9a3e-request"


def test_an_exception_is_part_of_its_line() -> None:
    try:
        int("on purpose")
    except ValueError:
        record = logging.LogRecord("jobfolio", 40, "", 0, "failed", (), sys.exc_info())
    [line] = JsonFormatter().format(record).splitlines()
    assert "'on purpose'" in json.loads(line)["exception"]


@pytest.mark.parametrize("given", ["", "short", "x" * 65, 'quo"ted-and-long', "spaces in between"])
def test_an_id_that_is_not_plain_is_replaced(client: FlaskClient, given: str) -> None:
    answered = client.get("/livez", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert answered != given
    assert UUID(answered)


def test_a_constraint_that_nobody_foresaw_is_logged_without_the_row(
    client: FlaskClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.sql("ALTER TABLE user_profiles ADD CONSTRAINT nobody CHECK (full_name <> 'Private Person')")
    person = {"email": "hush@example.org", "password": "correct horse battery", "full_name": "Private Person"}
    assert client.post("/api/v1/auth/sign-up", json=person).status_code == 500
    assert 'violates check constraint "nobody"' in caplog.text
    assert "Private Person" not in caplog.text
    assert "hush@example.org" not in caplog.text
