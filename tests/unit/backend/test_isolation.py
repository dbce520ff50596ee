"""Two people's data never mix: every operation of the API, with the other's keys."""

from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from unit.backend import files
from unit.backend.conftest import Database, created
from werkzeug.test import TestResponse

# Operations of one's own account, which take no key.
WITHOUT_KEY = {
    "/api/v1/account/deletion",
    "/api/v1/account/export",
    "/api/v1/account/password",
    "/api/v1/auth/log-in",
    "/api/v1/auth/log-out",
    "/api/v1/auth/me",
    "/api/v1/auth/sign-up",
    "/api/v1/documents",
    "/api/v1/education",
    "/api/v1/openapi.json",
    "/api/v1/postings",
    "/api/v1/profile",
    "/api/v1/work",
}
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/education/<int:key>": {"school": "Eve was here", "start_date": "2020-01-01"},
    "/api/v1/work/<int:key>": {"company": "Eve was here", "title": "T", "start_date": "2020-01-01"},
    "/api/v1/postings/<int:key>": {"company": "Eve was here", "title": "T"},
    "/api/v1/postings/<int:key>/status": {"status": "rejected"},
    "/api/v1/documents/<int:key>": {"job_posting_id": None},
}
TABLES = ("user_profiles", "education_history", "work_history", "job_postings", "resume_documents")


def operations(app: APIFlask) -> list[tuple[str, str]]:
    """Every method and path of the API, as the code has them."""
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


@pytest.fixture
def keys(ada: FlaskClient) -> dict[str, int]:
    """Keys of something of Ada's, by the name of the resource."""
    made = {
        "education": created(ada.post("/api/v1/education", json={"school": "Home", "start_date": "1828-01-01"})),
        "work": created(ada.post("/api/v1/work", json={"company": "E", "title": "A", "start_date": "1842-01-01"})),
        "postings": created(ada.post("/api/v1/postings", json={"company": "Engine", "title": "Analyst"})),
    }
    upload = {"name": "cv.pdf", "job_posting_id": made["postings"]["id"]}
    made["documents"] = created(
        ada.post("/api/v1/documents", query_string=upload, data=files.PDF, content_type="application/octet-stream")
    )
    return {name: row["id"] for name, row in made.items()}


def send(client: FlaskClient, method: str, rule: str, keys: dict[str, int]) -> TestResponse:
    path = rule.replace("<int:key>", str(keys[rule.split("/")[3]]))
    body = BODIES[rule] if method == "PUT" else None
    return client.open(path, method=method, json=body, headers={"If-Match": "*"} if method == "PUT" else {})


def rows(database: Database) -> list[list[tuple[object, ...]]]:
    return [sorted(database.sql(f"TABLE {table}"), key=repr) for table in TABLES]


def test_every_operation_with_the_key_of_somebody_else_finds_nothing_and_changes_nothing(
    app: APIFlask, ada: FlaskClient, eve: FlaskClient, keys: dict[str, int], database: Database
) -> None:
    with_key = [(method, rule) for method, rule in operations(app) if "<" in rule]
    assert len(with_key) == 14
    before = rows(database)
    for method, rule in with_key:
        assert send(eve, method, rule, keys).status_code == 404, (method, rule)
        assert send(app.test_client(), method, rule, keys).status_code == 401, (method, rule)
    assert rows(database) == before

    # The control: the same requests succeed for the one whose things they are.
    for method, rule in sorted(with_key, key=lambda operation: operation[0] == "DELETE"):
        assert send(ada, method, rule, keys).status_code in {200, 204}, (method, rule)
    assert rows(database) != before


def test_every_operation_takes_a_key_or_is_about_ones_own_account(app: APIFlask) -> None:
    assert {rule for _, rule in operations(app) if "<" not in rule} == WITHOUT_KEY


@pytest.mark.usefixtures("keys")
def test_lists_and_profile_show_nothing_of_somebody_else(ada: FlaskClient, eve: FlaskClient) -> None:
    for path in ("education", "work", "postings", "documents"):
        assert (ada.get(f"/api/v1/{path}").json or {})["total"] == 1
        assert (eve.get(f"/api/v1/{path}").json or {})["items"] == []
    assert b"Analyst" not in eve.get("/api/v1/account/export").data


def test_every_operation_but_signing_in_and_the_description_asks_who_one_is(app: APIFlask, client: FlaskClient) -> None:
    open_to_all = set()
    for method, rule in operations(app):
        content_type = "application/octet-stream" if rule == "/api/v1/documents" else "application/json"
        answer = client.open(rule.replace("<int:key>", "1"), method=method, content_type=content_type)
        if answer.status_code != 401:
            open_to_all.add(rule)
    assert open_to_all == {
        f"/api/v1/{path}" for path in ("auth/sign-up", "auth/log-in", "auth/log-out", "openapi.json")
    }
