"""Education, work and postings: adding, reading, replacing and removing one's own."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from unit.backend.conftest import Database, body, created, kind


@dataclass(frozen=True)
class Kind:
    """A list, what one adds to it, and what one turns that into."""

    path: str
    table: str
    given: dict[str, Any]
    changed: dict[str, Any]
    start: str
    end: str
    called: str

    def __str__(self) -> str:
        return self.table


KINDS = [
    Kind(
        "/api/v1/education",
        "education_history",
        {"school": "Home", "degree": "", "field_of_study": "Mathematics", "start_date": "1828-01-01", "end_date": None},
        {"school": "London", "start_date": "1828-01-01", "end_date": "1833-06-05"},
        "start_date",
        "end_date",
        "the start",
    ),
    Kind(
        "/api/v1/work",
        "work_history",
        {"company": "Analytical Engine", "title": "Analyst", "start_date": "1842-02-01", "end_date": "1843-09-01"},
        {"company": "Analytical Engine", "title": "Programmer", "start_date": "1842-02-01"},
        "start_date",
        "end_date",
        "the start",
    ),
    Kind(
        "/api/v1/postings",
        "job_postings",
        {"company": "Engine & Söhne", "title": "Engineer", "link": "https://example.org/1", "closes_on": "2027-01-31"},
        {"company": "Engine & Söhne", "title": "Chief engineer", "status": "applied", "applied_on": "2026-11-24"},
        "posted_on",
        "closes_on",
        "the day it was posted",
    ),
]
KIND = pytest.mark.parametrize("kind_", KINDS, ids=str)


@KIND
def test_what_was_added_is_read_back_and_listed(ada: FlaskClient, kind_: Kind) -> None:
    added = ada.post(kind_.path, json=kind_.given)
    made = created(added)
    assert kind_.given.items() <= made.items()
    assert added.headers["Location"] == f"{kind_.path}/{made['id']}"

    read = ada.get(added.headers["Location"])
    assert (read.json, read.headers["ETag"]) == (made, made["etag"])
    listed = body(ada.get(kind_.path))
    assert (listed["total"], listed["page"]) == (1, 1)
    assert listed["items"][0].items() <= made.items()


@KIND
def test_replacing_changes_what_is_given_and_empties_the_rest(ada: FlaskClient, kind_: Kind) -> None:
    made = created(ada.post(kind_.path, json=kind_.given))
    replaced = body(ada.put(f"{kind_.path}/{made['id']}", json=kind_.changed, headers={"If-Match": made["etag"]}))
    assert kind_.changed.items() <= replaced.items()
    assert all(not replaced[member] for member in kind_.given.keys() - kind_.changed.keys())
    assert body(ada.get(f"{kind_.path}/{made['id']}")) == replaced


@KIND
def test_what_was_removed_is_gone(ada: FlaskClient, kind_: Kind) -> None:
    made = created(ada.post(kind_.path, json=kind_.given))
    assert ada.delete(f"{kind_.path}/{made['id']}").status_code == 204
    assert kind(ada.get(f"{kind_.path}/{made['id']}")) == "not-found"
    assert kind(ada.delete(f"{kind_.path}/{made['id']}")) == "not-found"
    assert body(ada.get(kind_.path))["items"] == []


@KIND
def test_dates_in_reverse_order_are_refused_and_nothing_is_written(
    ada: FlaskClient, database: Database, kind_: Kind
) -> None:
    reverse = {**kind_.given, kind_.start: "2020-02-01", kind_.end: "2020-01-31"}
    refused = body(ada.post(kind_.path, json=reverse), 422)
    assert refused["errors"] == [
        {"pointer": f"#/{kind_.end}", "detail": f"This date may not lie before {kind_.called}."}
    ]
    assert database.sql(f"TABLE {kind_.table}") == []
    made = created(ada.post(kind_.path, json={**reverse, kind_.end: "2020-02-01"}))
    assert kind(ada.put(f"{kind_.path}/{made['id']}", json=reverse, headers={"If-Match": "*"})) == "validation"


@KIND
@pytest.mark.parametrize("date", ["2020-02-30", "0000-01-01", "tomorrow", 5, "2020-01-01T00:00:01Z", ""])
def test_a_date_that_is_none_is_refused(ada: FlaskClient, kind_: Kind, date: object) -> None:
    assert kind(ada.post(kind_.path, json={**kind_.given, kind_.end: date})) == "validation"


@KIND
@pytest.mark.parametrize("key", ["0", "9223372036854775807", "9223372036854775808", "9" * 400])
def test_a_key_that_is_nobodys_is_not_found(ada: FlaskClient, kind_: Kind, key: str) -> None:
    for answer in (ada.get(f"{kind_.path}/{key}"), ada.delete(f"{kind_.path}/{key}")):
        assert kind(answer) == "not-found"


def test_histories_are_listed_newest_first_in_pages(ada: FlaskClient) -> None:
    for year in (2003, 2001, 2005, 2002, 2004):
        created(ada.post("/api/v1/work", json={"company": "C", "title": str(year), "start_date": f"{year}-01-01"}))
    pages = [body(ada.get(f"/api/v1/work?per_page=2&page={page}")) for page in (1, 2, 3, 4)]
    assert [[item["title"] for item in page["items"]] for page in pages] == [
        ["2005", "2004"],
        ["2003", "2002"],
        ["2001"],
        [],
    ]
    assert {page["total"] for page in pages} == {5}


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "per_page=101", "per_page=0", "page=1e9", "pages=1"])
def test_a_page_that_cannot_be_is_refused(ada: FlaskClient, query: str) -> None:
    assert kind(ada.get(f"/api/v1/education?{query}")) == "validation"


ROWS = {
    "education_history": (200, "(user_id, school, start_date) SELECT min(id), 'S', '2020-01-01'"),
    "work_history": (200, "(user_id, company, title, start_date) SELECT min(id), 'C', 'T', '2020-01-01'"),
    "job_postings": (10_000, "(user_id, company, title) SELECT min(id), 'C', 'T'"),
}


@KIND
def test_an_account_holds_a_bounded_number_of_rows(
    ada: FlaskClient, eve: FlaskClient, database: Database, kind_: Kind
) -> None:
    most, row = ROWS[kind_.table]
    database.sql(f"INSERT INTO {kind_.table} {row} FROM auth_users, generate_series(2, {most}) AS n GROUP BY n")
    created(ada.post(kind_.path, json=kind_.given))

    refused = body(ada.post(kind_.path, json=kind_.given), 409)
    assert refused["type"] == "urn:jobfolio:problem:limit-reached"
    assert f"{most:,}" in refused["detail"]
    assert body(ada.get(kind_.path))["total"] == most
    created(eve.post(kind_.path, json=kind_.given))
