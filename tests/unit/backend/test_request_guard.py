"""Other sites cannot act for a person who is signed in here."""

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://localhost:8443"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://localhost"},
    ],
)
def test_change_asked_for_by_another_origin_is_refused(ada: FlaskClient, headers: dict[str, str]) -> None:
    answer = ada.put("/api/v1/profile", json={"full_name": "Eve"}, headers=headers)
    assert answer.status_code == 403
    assert (ada.get("/api/v1/profile").json or {})["full_name"] == ""


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "https://localhost"}, {}],
)
def test_change_asked_for_by_our_own_page_is_made(ada: FlaskClient, headers: dict[str, str]) -> None:
    assert ada.put("/api/v1/profile", json={"full_name": "Ada"}, headers=headers | {"If-Match": "*"}).status_code == 200


def test_reading_is_not_hindered(ada: FlaskClient) -> None:
    assert ada.get("/api/v1/profile", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_body_that_a_foreign_form_could_send_is_refused(ada: FlaskClient, content_type: str | None) -> None:
    answer = ada.put("/api/v1/profile", data="{}", content_type=content_type)
    assert answer.status_code == 415
    assert answer.content_type == "application/problem+json"
