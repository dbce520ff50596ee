"""Reading and replacing one's profile."""

from apiflask import APIFlask
from flask.testing import FlaskClient
from unit.backend.conftest import Database

ANY = {"If-Match": "*"}
FULL = {
    "full_name": "Ada Lovelace",
    "headline": "Analyst",
    "location": "London",
    "phone": "+44 20 1234",
    "website": "https://example.org/ada",
    "summary": "Notes on the Analytical Engine.\nZürich ✓",
}


def test_profile_is_there_from_the_start(ada: FlaskClient) -> None:
    stored = ada.get("/api/v1/profile").json
    assert stored is not None
    assert stored.pop("updated_at").endswith("Z")
    assert stored.pop("etag") == '"1"'
    assert stored == dict.fromkeys(FULL, "")


def test_saved_profile_is_read_back(ada: FlaskClient, database: Database) -> None:
    saved = ada.put("/api/v1/profile", json=FULL, headers=ANY)
    assert saved.status_code == 200
    assert saved.json == ada.get("/api/v1/profile").json
    assert saved.json is not None
    assert {member: saved.json[member] for member in FULL} == FULL
    assert database.sql("SELECT headline, version FROM user_profiles") == [("Analyst", 2)]


def test_member_left_out_is_emptied(ada: FlaskClient) -> None:
    ada.put("/api/v1/profile", json=FULL, headers=ANY)
    replaced = ada.put("/api/v1/profile", json={"full_name": "Ada"}, headers=ANY).json
    assert replaced is not None
    assert (replaced["full_name"], replaced["headline"]) == ("Ada", "")


def test_profile_is_for_its_owner_only(app: APIFlask, ada: FlaskClient) -> None:
    ada.put("/api/v1/profile", json=FULL, headers=ANY)
    eve = app.test_client()
    assert eve.get("/api/v1/profile").status_code == 401
    assert eve.put("/api/v1/profile", json={"full_name": "Eve"}, headers=ANY).status_code == 401

    eve.post("/api/v1/auth/sign-up", json={"email": "eve@example.org", "password": "battery horse correct"})
    eve.put("/api/v1/profile", json={"full_name": "Eve"}, headers=ANY)
    read = ada.get("/api/v1/profile").json
    assert read is not None
    assert read["full_name"] == "Ada Lovelace"
    seen = eve.get("/api/v1/profile").json
    assert seen is not None
    assert (seen["full_name"], seen["summary"]) == ("Eve", "")


def test_profile_is_kept_in_no_cache(ada: FlaskClient) -> None:
    assert ada.get("/api/v1/profile").headers["Cache-Control"] == "no-store"


def test_unsigned_request_is_told_to_sign_in_before_its_body_is_judged(client: FlaskClient) -> None:
    assert client.put("/api/v1/profile", json={"nonsense": 1}).status_code == 401
