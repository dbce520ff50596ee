"""Requests that make no sense get a problem answer that says why, and change nothing."""

import pytest
from flask.testing import FlaskClient
from unit.backend.conftest import Database

SIGN_UP = "/api/v1/auth/sign-up"
GOOD = {"email": "ada@example.org", "password": "correct horse battery"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "ada"}, "#/email"),
        ({"email": "a da@example.org"}, "#/email"),
        ({"email": "a" * 250 + "@b.org"}, "#/email"),
        ({"email": None}, "#/email"),
        ({"password": "short"}, "#/password"),
        ({"password": "x" * 129}, "#/password"),
        ({"password": 123456789012}, "#/password"),
        ({"password": "nul \x00 in the middle"}, "#/password"),
        ({"full_name": "x" * 201}, "#/full_name"),
        ({"full_name": "nul\x00"}, "#/full_name"),
        ({"full_name": "half a character \ud800"}, "#/full_name"),
        ({"is_active": True}, "#/is_active"),
    ],
)
def test_member_that_does_not_fit_is_pointed_at(
    client: FlaskClient, database: Database, change: dict[str, object], pointer: str
) -> None:
    answer = client.post(SIGN_UP, json={**GOOD, **change})
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert database.sql("SELECT * FROM auth_users") == []


def test_refusal_never_repeats_the_password(client: FlaskClient) -> None:
    assert "hush" not in client.post(SIGN_UP, json={**GOOD, "password": "hush"}).text


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": 1' + b"0" * 5000 + b"}"])
def test_body_that_is_not_json_is_called_so(client: FlaskClient, body: bytes) -> None:
    answer = client.post(SIGN_UP, data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["type"] == "urn:jobfolio:problem:malformed-json"


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "1"])
def test_body_that_is_no_object_is_refused(client: FlaskClient, body: str) -> None:
    assert client.post(SIGN_UP, data=body, content_type="application/json").status_code == 422


def test_oversized_body_is_refused(client: FlaskClient) -> None:
    answer = client.post(SIGN_UP, json={**GOOD, "full_name": "x" * 2_000_000})
    assert answer.status_code == 413
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nothing", 404), ("GET", SIGN_UP, 405), ("POST", "/api/v1/nothing", 404)],
)
def test_wrong_address_or_method_is_a_problem_answer(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert answer.json is not None
    assert (answer.json["type"], answer.json["status"]) == ("about:blank", status)


@pytest.mark.parametrize("website", ["javascript:alert(1)", "ftp://example.org", "https://a b"])
def test_website_must_be_a_web_address(ada: FlaskClient, website: str) -> None:
    answer = ada.put("/api/v1/profile", json={"full_name": "Ada", "website": website})
    assert answer.status_code == 422
    assert (ada.get("/api/v1/profile").json or {})["full_name"] == ""


def test_broken_database_is_a_problem_answer_that_asks_to_come_back(ada: FlaskClient, database: Database) -> None:
    database.sql("ALTER ROLE jobfolio_app NOLOGIN")
    try:
        database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'jobfolio_app'")
        answer = ada.get("/api/v1/profile")
    finally:
        database.sql("ALTER ROLE jobfolio_app LOGIN")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.json is not None
    assert answer.json["type"] == "urn:jobfolio:problem:database-unavailable"
    assert database.name not in answer.text
    assert ada.get("/api/v1/profile").status_code == 200


def test_unforeseen_constraint_is_an_error_of_ours_and_leaves_nothing_behind(
    client: FlaskClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.sql("ALTER TABLE auth_users ADD CONSTRAINT nobody CHECK (false)")
    answer = client.post(SIGN_UP, json=GOOD)
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert "nobody" not in answer.text
    assert "nobody" in caplog.text
    assert "[parameters:" not in caplog.text
    assert database.sql("SELECT * FROM user_profiles") == []
