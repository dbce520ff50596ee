"""Signing up, in and out."""

from statistics import median
from time import process_time, time

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from unit.backend.conftest import Database

ADA = {"email": "ada@example.org", "password": "correct horse battery"}


def test_sign_up_stores_the_account_and_signs_in(client: FlaskClient, database: Database) -> None:
    answer = client.post("/api/v1/auth/sign-up", json={**ADA, "full_name": "Ada Lovelace"})

    assert answer.status_code == 201
    assert answer.json is not None
    assert set(answer.json) == {"id", "email", "created_at"}
    assert answer.json["created_at"].endswith("Z")
    assert client.get("/api/v1/auth/me").json == answer.json
    assert database.sql("SELECT email, full_name FROM auth_users JOIN user_profiles ON user_id = id") == [
        ("ada@example.org", "Ada Lovelace")
    ]


@pytest.mark.usefixtures("ada")
def test_password_is_stored_as_argon2id_hash_only(database: Database) -> None:
    [(stored,)] = database.sql("SELECT password_hash FROM auth_users")
    assert str(stored).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient) -> None:
    cookie = client.post("/api/v1/auth/sign-up", json=ADA).headers["Set-Cookie"]
    assert cookie.startswith("__Host-jobfolio=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.usefixtures("ada")
def test_address_is_taken_whatever_its_case(client: FlaskClient) -> None:
    answer = client.post("/api/v1/auth/sign-up", json=ADA)
    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["type"] == "urn:jobfolio:problem:email-taken"
    assert client.get("/api/v1/auth/me").status_code == 401


def test_log_in_ignores_the_case_of_the_address(ada: FlaskClient, client: FlaskClient) -> None:
    answer = client.post("/api/v1/auth/log-in", json={**ADA, "email": "ADA@example.ORG"})
    assert answer.status_code == 200
    assert answer.json == ada.get("/api/v1/auth/me").json


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    "wrong",
    [{**ADA, "password": "wrong horse battery"}, {**ADA, "email": "eve@example.org"}],
    ids=["password", "email"],
)
def test_wrong_credentials_are_refused_alike(client: FlaskClient, wrong: dict[str, str]) -> None:
    answer = client.post("/api/v1/auth/log-in", json=wrong)
    assert answer.status_code == 401
    assert answer.json == {
        "type": "urn:jobfolio:problem:wrong-credentials",
        "title": "Unauthorized",
        "status": 401,
        "detail": "E-mail address or password is wrong.",
    }
    assert "Set-Cookie" not in answer.headers


@pytest.mark.usefixtures("ada")
def test_unknown_address_takes_as_long_as_a_wrong_password(client: FlaskClient) -> None:
    # Of the processor, so that nobody else's work on this machine counts; the hash is nearly all of what is waited for.
    def typical(email: str) -> float:
        times = []
        for _ in range(7):
            start = process_time()
            client.post("/api/v1/auth/log-in", json={"email": email, "password": "wrong horse battery"})
            times.append(process_time() - start)
        return median(times)

    # Without the hash an unknown address would be answered ten times faster.
    assert 0.5 < typical("nobody@example.org") / typical("ada@example.org") < 2


def test_closed_account_is_signed_out_and_stays_out(ada: FlaskClient, database: Database) -> None:
    database.sql("UPDATE auth_users SET is_active = false")
    assert ada.get("/api/v1/auth/me").status_code == 401
    assert ada.post("/api/v1/auth/log-in", json=ADA).status_code == 401


def test_raising_the_session_version_signs_out_every_browser(ada: FlaskClient, database: Database) -> None:
    database.sql("UPDATE auth_users SET session_version = session_version + 1")
    assert ada.get("/api/v1/auth/me").status_code == 401


def test_log_out_removes_the_cookie(ada: FlaskClient) -> None:
    answer = ada.post("/api/v1/auth/log-out", json={})
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert ada.get("/api/v1/auth/me").status_code == 401
    assert ada.post("/api/v1/auth/log-out", json={}).status_code == 204


def test_an_answer_that_comes_after_logging_out_brings_no_session_back(ada: FlaskClient) -> None:
    """Pages ask for several things at once: whatever is still on its way then must not hold the cookie."""
    for path in ("auth/me", "profile", "work", "education", "postings", "documents"):
        answer = ada.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.headers.get("Set-Cookie")) == (200, None), path


def test_a_session_ends_a_week_after_logging_in(ada: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for days, status in (6.9, 200), (7.1, 401):
        then = int(time() + days * 24 * 3600)
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer, then=then: then)
        assert ada.get("/api/v1/auth/me").status_code == status


def test_forged_cookie_is_nobody(app: APIFlask, ada: FlaskClient) -> None:
    genuine = ada.get_cookie("__Host-jobfolio")
    assert genuine is not None
    eve = app.test_client()
    eve.set_cookie("__Host-jobfolio", genuine.value[:-3] + "AAA")
    assert eve.get("/api/v1/auth/me").status_code == 401
