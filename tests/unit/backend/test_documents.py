"""Résumé documents: uploading, reading, pointing at a posting, removing."""

import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from jobfolio.contents import ContentGoneError
from unit.backend import files
from unit.backend.conftest import PERSONS_PASSWORD, Database, body, created, kind
from werkzeug.test import TestResponse

DOCUMENTS = "/api/v1/documents"
OCTETS = "application/octet-stream"
# How often requests are sent at the same time: they do not meet every time.
ROUNDS = 5
FILL = """
    INSERT INTO resume_documents (user_id, name, content_type, size_bytes, sha256, content)
    SELECT min(id), 'cv ' || n, 'text/plain', 4, sha256(n::text::bytea), 'text'
    FROM auth_users, generate_series(1, {count}) AS n GROUP BY n
"""


def upload(client: FlaskClient, content: bytes, name: str = "cv.pdf", **query: object) -> TestResponse:
    return client.post(DOCUMENTS, query_string={"name": name, **query}, data=content, content_type=OCTETS)


def signed_in(app: APIFlask) -> FlaskClient:
    """Give another browser that Ada is signed in with."""
    browser = app.test_client()
    body(browser.post("/api/v1/auth/log-in", json={"email": "ada@example.org", "password": PERSONS_PASSWORD}))
    return browser


@pytest.fixture
def posting(ada: FlaskClient) -> dict[str, Any]:
    return created(ada.post("/api/v1/postings", json={"company": "Engine", "title": "Analyst"}))


def test_an_uploaded_file_is_described_and_read_back_byte_by_byte(ada: FlaskClient) -> None:
    made = created(upload(ada, files.PDF, "Lebenslauf für Zürich.pdf"))
    assert made["sha256"] == hashlib.sha256(files.PDF).hexdigest()
    assert (made["name"], made["version"], made["size_bytes"]) == ("Lebenslauf für Zürich.pdf", 1, len(files.PDF))
    assert body(ada.get(f"{DOCUMENTS}/{made['id']}")) == made
    assert body(ada.get(DOCUMENTS))["items"] == [made]

    file = ada.get(f"{DOCUMENTS}/{made['id']}/content")
    assert (file.data, file.content_type) == (files.PDF, "application/pdf")
    assert "attachment" in file.headers["Content-Disposition"]
    assert "Lebenslauf%20f%C3%BCr%20Z%C3%BCrich.pdf" in file.headers["Content-Disposition"]
    assert "no-store" in file.headers["Cache-Control"]


def test_type_is_told_by_the_content_not_by_the_name(ada: FlaskClient) -> None:
    assert created(upload(ada, files.TEXT, "cv.pdf"))["content_type"] == "text/plain"
    assert created(upload(ada, files.docx(), "cv.txt"))["content_type"] == files.DOCX_TYPE


def test_the_same_file_is_the_same_document_whatever_its_name(ada: FlaskClient, database: Database) -> None:
    made = created(upload(ada, files.PDF, "first.pdf"))
    again = upload(ada, files.PDF, "second.pdf")
    assert body(again) == made
    assert database.sql("SELECT count(*) FROM resume_documents") == [(1,)]


def test_the_same_file_of_two_people_is_two_documents(ada: FlaskClient, eve: FlaskClient) -> None:
    assert created(upload(ada, files.PDF))["id"] != created(upload(eve, files.PDF))["id"]


def test_another_file_under_the_same_name_is_its_next_version(ada: FlaskClient) -> None:
    versions = [created(upload(ada, b"text %d" % number, "cv.txt"))["version"] for number in range(3)]
    assert versions == [1, 2, 3]
    assert [item["version"] for item in body(ada.get(DOCUMENTS))["items"]] == [3, 2, 1]


def test_many_uploads_at_once_are_stored_once_each(app: APIFlask, ada: FlaskClient, database: Database) -> None:
    contents = [b"same"] * 4 + [b"other", b"third"]
    browsers = [signed_in(app) for _ in contents]
    together = Barrier(len(contents))

    def send(browser: FlaskClient, content: bytes) -> int:
        together.wait(10)
        return upload(browser, content, "cv.txt").status_code

    for _ in range(ROUNDS):
        with ThreadPoolExecutor(len(contents)) as people:
            statuses = list(people.map(send, browsers, contents))
        assert sorted(statuses) == [200, 200, 200, 201, 201, 201]
        assert database.sql("SELECT version FROM resume_documents ORDER BY 1") == [(1,), (2,), (3,)]
        assert len(body(ada.get(DOCUMENTS))["items"]) == 3
        database.sql("DELETE FROM resume_documents")


def test_of_many_uploads_at_once_one_takes_the_last_place(app: APIFlask, ada: FlaskClient, database: Database) -> None:
    database.sql(FILL.format(count=99))
    browsers = [signed_in(app) for _ in range(5)]
    together = Barrier(len(browsers))

    def send(browser: FlaskClient, number: int) -> int:
        together.wait(10)
        return upload(browser, b"text %d" % number, f"{number}.txt").status_code

    for _ in range(ROUNDS):
        with ThreadPoolExecutor(len(browsers)) as people:
            statuses = list(people.map(send, browsers, range(5)))
        assert sorted(statuses) == [201, 409, 409, 409, 409]
        assert body(ada.get(DOCUMENTS))["total"] == 100
        database.sql("DELETE FROM resume_documents WHERE name LIKE '_.txt'")


@pytest.mark.parametrize(
    ("content", "status", "problem"),
    [
        (b"", 400, "empty-file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), 415, "file-type"),
        (files.bomb(), 415, "file-type"),
        (files.crowded(), 415, "file-type"),
        (b"x" * (10 * 1024 * 1024 + 1), 413, "about:blank"),
    ],
    ids=["empty", "picture", "bomb", "crowded", "oversized"],
)
def test_a_file_that_may_not_be_stored_is_refused_and_nothing_is_written(
    ada: FlaskClient, database: Database, content: bytes, status: int, problem: str
) -> None:
    refused = upload(ada, content)
    assert (refused.status_code, kind(refused)) == (status, problem)
    assert database.sql("TABLE resume_documents") == []


def test_a_file_of_exactly_ten_mebibytes_is_stored(ada: FlaskClient) -> None:
    content = b"x" * (10 * 1024 * 1024)
    made = created(upload(ada, content))
    assert ada.get(f"{DOCUMENTS}/{made['id']}/content").data == content


@pytest.mark.parametrize("name", ["", " ", "a/b.pdf", "..\\cv.pdf", "new\nline.pdf", "x" * 201, "nul\x00.pdf", "a:b"])
def test_a_name_that_no_file_should_have_is_refused(ada: FlaskClient, name: str) -> None:
    assert kind(upload(ada, files.PDF, name)) == "validation"


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", None])
def test_a_body_that_a_foreign_form_could_send_is_refused(ada: FlaskClient, content_type: str | None) -> None:
    answer = ada.post(DOCUMENTS, query_string={"name": "cv.pdf"}, data=files.PDF, content_type=content_type)
    assert (answer.status_code, kind(answer)) == (415, "content-type")


def test_a_document_is_tailored_to_a_posting_and_outlives_it(ada: FlaskClient, posting: dict[str, Any]) -> None:
    made = created(upload(ada, files.PDF, job_posting_id=posting["id"]))
    other = created(upload(ada, files.TEXT, "cv.txt"))
    assert body(ada.get(DOCUMENTS, query_string={"job_posting_id": posting["id"]}))["items"] == [made]

    path = f"{DOCUMENTS}/{other['id']}"
    pointed = body(ada.put(path, json={"job_posting_id": posting["id"]}, headers={"If-Match": other["etag"]}))
    assert pointed["job_posting_id"] == posting["id"]
    assert ada.put(path, json={"job_posting_id": None}, headers={"If-Match": other["etag"]}).status_code == 412
    assert body(ada.put(path, json={"job_posting_id": None}, headers={"If-Match": "*"}))["job_posting_id"] is None

    assert ada.delete(f"/api/v1/postings/{posting['id']}").status_code == 204
    assert body(ada.get(f"{DOCUMENTS}/{made['id']}"))["job_posting_id"] is None


def test_uploading_a_stored_file_for_a_posting_points_it_there_unless_it_points_elsewhere(
    ada: FlaskClient, posting: dict[str, Any]
) -> None:
    created(upload(ada, files.PDF))
    other = created(ada.post("/api/v1/postings", json={"company": "Other", "title": "Analyst"}))
    assert body(upload(ada, files.PDF, job_posting_id=posting["id"]))["job_posting_id"] == posting["id"]
    assert body(upload(ada, files.PDF, job_posting_id=other["id"]))["job_posting_id"] == posting["id"]


def test_a_document_is_never_pointed_at_what_is_not_ones_own(
    ada: FlaskClient, eve: FlaskClient, posting: dict[str, Any], database: Database
) -> None:
    mine = created(upload(eve, files.TEXT))
    for key in (posting["id"], 10**18):
        refused = eve.put(f"{DOCUMENTS}/{mine['id']}", json={"job_posting_id": key}, headers={"If-Match": "*"})
        assert body(refused, 422)["errors"] == [{"pointer": "#/job_posting_id", "detail": "You have no such posting."}]
        assert upload(eve, files.PDF, job_posting_id=key).status_code == 422
    assert database.sql("SELECT count(*) FROM resume_documents") == [(1,)]
    assert body(ada.get(DOCUMENTS, query_string={"job_posting_id": posting["id"]}))["items"] == []


def test_a_hundred_documents_are_the_most(ada: FlaskClient, database: Database) -> None:
    first = created(upload(ada, files.TEXT))
    database.sql(FILL.format(count=99))
    assert kind(upload(ada, files.PDF)) == "limit-reached"
    assert body(upload(ada, files.TEXT)) == first
    assert ada.delete(f"{DOCUMENTS}/{first['id']}").status_code == 204
    created(upload(ada, files.PDF))


def test_a_file_is_sent_in_slices_and_cut_short_when_it_is_deleted_meanwhile(
    ada: FlaskClient, database: Database
) -> None:
    content = random.Random(1).randbytes(3 * 1024 * 1024 + 1)  # noqa: S311 - no secret
    made = created(upload(ada, b"%PDF-" + content))
    answer = ada.get(f"{DOCUMENTS}/{made['id']}/content")
    pieces = list(answer.iter_encoded())
    assert b"".join(pieces) == b"%PDF-" + content
    assert [len(piece) for piece in pieces] == [1024 * 1024] * 3 + [6]
    assert answer.content_length == made["size_bytes"]

    begun = ada.get(f"{DOCUMENTS}/{made['id']}/content").iter_encoded()
    next(begun)
    database.sql("DELETE FROM resume_documents")
    with pytest.raises(ContentGoneError):
        next(begun)


def test_a_connection_that_carried_a_file_is_not_kept(ada: FlaskClient, database: Database) -> None:
    def backends() -> set[object]:
        serving = "SELECT pid FROM pg_stat_activity WHERE usename = 'jobfolio_app' AND datname = current_database()"
        return {pid for (pid,) in database.sql(serving)}

    body(ada.get(DOCUMENTS))
    before = backends()
    body(ada.get(DOCUMENTS))
    assert backends() == before, "The control: others are kept."
    created(upload(ada, files.PDF))
    body(ada.get(DOCUMENTS))
    assert len(backends()) == len(before) == 1
    assert backends() != before


def test_no_connection_is_held_while_a_file_is_on_its_way(ada: FlaskClient, database: Database) -> None:
    seen: list[set[object]] = []

    class Slow:
        """A body that looks at the database while it is read."""

        def read(self, _size: int = -1) -> bytes:
            if seen:
                return b""
            query = "SELECT state FROM pg_stat_activity WHERE usename = 'jobfolio_app' AND datname = current_database()"
            seen.append({state for (state,) in database.sql(query)})
            return files.PDF

    environ = {"wsgi.input": Slow(), "CONTENT_LENGTH": str(len(files.PDF))}
    ada.post(DOCUMENTS, query_string={"name": "cv.pdf"}, content_type=OCTETS, environ_overrides=environ)
    assert seen == [{"idle"}]
