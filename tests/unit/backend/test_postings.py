"""The board of postings: status, search, and a list that may be long."""

import pytest
from flask.testing import FlaskClient
from unit.backend.conftest import Database, body, created, kind

POSTINGS = "/api/v1/postings"
SAVED = {"company": "Engine", "title": "Analyst"}


def titles(client: FlaskClient, **query: str) -> list[str]:
    return [item["title"] for item in body(client.get(POSTINGS, query_string=query))["items"]]


def test_list_shows_the_latest_change_first_and_leaves_descriptions_out(ada: FlaskClient) -> None:
    made = [created(ada.post(POSTINGS, json={**SAVED, "title": title, "description": "long"})) for title in "ABC"]
    body(ada.put(f"{POSTINGS}/{made[0]['id']}/status", json={"status": "applied"}, headers={"If-Match": "*"}))
    assert titles(ada) == ["A", "C", "B"]
    assert "description" not in body(ada.get(POSTINGS))["items"][0]
    assert made[0]["description"] == "long"


def test_list_is_filtered_by_status(ada: FlaskClient) -> None:
    for status in ("saved", "applied", "interviewing", "offered", "rejected"):
        created(ada.post(POSTINGS, json={**SAVED, "title": status, "status": status}))
    assert titles(ada, status="offered") == ["offered"]
    assert body(ada.get(POSTINGS, query_string={"status": "offered"}))["total"] == 1
    assert kind(ada.get(POSTINGS, query_string={"status": "dreaming"})) == "validation"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["50% off_road", "C\\O", "Zürich"]),
        ("zÜRICH", ["Zürich"]),
        ("engineer london", ["50% off_road"]),
        ("london engineer", ["50% off_road"]),
        ("engineer paris", []),
        ("%", ["50% off_road"]),
        ("_", ["50% off_road"]),
        ("\\", ["C\\O"]),
        ("' OR 1=1 --", []),
        ("remote", ["C\\O"]),
    ],
)
def test_search_finds_every_word_in_any_text_and_takes_wildcards_as_they_are(
    ada: FlaskClient, search: str, found: list[str]
) -> None:
    for posting in (
        {"company": "Engine", "title": "Zürich"},
        {"company": "Engine", "title": "C\\O", "description": "Fully remote"},
        {"company": "Senior engineers", "title": "50% off_road", "location": "London"},
    ):
        created(ada.post(POSTINGS, json=posting))
    assert titles(ada, search=search) == found


@pytest.mark.parametrize("search", ["a b c d e f g h i", "x" * 201, "nul\x00"])
def test_a_search_that_would_take_long_or_cannot_be_is_refused(ada: FlaskClient, search: str) -> None:
    assert kind(ada.get(POSTINGS, query_string={"search": search})) == "validation"


def test_moving_notes_the_day_of_the_application_once(ada: FlaskClient) -> None:
    posting = created(ada.post(POSTINGS, json=SAVED))
    path = f"{POSTINGS}/{posting['id']}/status"

    def move(**to: str) -> dict[str, object]:
        return body(ada.put(path, json=to, headers={"If-Match": "*"}))

    assert move(status="saved")["applied_on"] is None
    assert move(status="applied", applied_on="2026-11-20")["applied_on"] == "2026-11-20"
    moved = move(status="interviewing", applied_on="2026-12-01")
    assert (moved["status"], moved["applied_on"], moved["company"]) == ("interviewing", "2026-11-20", "Engine")
    other = created(ada.post(POSTINGS, json=SAVED))
    today = body(ada.put(f"{POSTINGS}/{other['id']}/status", json={"status": "rejected"}, headers={"If-Match": "*"}))
    assert today["applied_on"] is not None


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "https://a b"])
def test_a_link_must_be_a_web_address(ada: FlaskClient, link: str) -> None:
    assert kind(ada.post(POSTINGS, json={**SAVED, "link": link})) == "validation"


def test_ten_thousand_postings_are_listed_and_searched(ada: FlaskClient, database: Database) -> None:
    database.sql(
        "INSERT INTO job_postings (user_id, company, title, description, updated_at)"
        " SELECT min(id), 'Company', 'Title ' || n, repeat('Long description. ', 100), now() - n * interval '1 s'"
        " FROM auth_users, generate_series(1, 10000) AS n GROUP BY n"
    )
    first = body(ada.get(POSTINGS))
    assert (first["total"], first["items"][0]["title"], len(first["items"])) == (10_000, "Title 1", 50)
    assert body(ada.get(POSTINGS, query_string={"page": 200}))["items"][-1]["title"] == "Title 10000"
    assert titles(ada, search="title 7777") == ["Title 7777"]
