"""The account itself: another password, a copy of everything, the end."""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from unit.backend import files
from unit.backend.conftest import PERSONS_PASSWORD, Database, body, created, kind

NEW = "staple battery horse"
TABLES = ("auth_users", "user_profiles", "education_history", "work_history", "job_postings", "resume_documents")


def log_in(app: APIFlask, password: str) -> FlaskClient:
    browser = app.test_client()
    body(browser.post("/api/v1/auth/log-in", json={"email": "ada@example.org", "password": password}))
    return browser


@pytest.fixture
def life(ada: FlaskClient) -> dict[str, Any]:
    """Something of Ada's in every table."""
    body(ada.put("/api/v1/profile", json={"full_name": "Ada Lovelace"}, headers={"If-Match": "*"}))
    created(ada.post("/api/v1/education", json={"school": "Home", "start_date": "1828-01-01"}))
    created(ada.post("/api/v1/work", json={"company": "Engine", "title": "Analyst", "start_date": "1842-01-01"}))
    posting = created(ada.post("/api/v1/postings", json={"company": "Engine", "title": "Zürich", "description": "D"}))
    for name, content, query in (("cv.pdf", files.PDF, {"job_posting_id": posting["id"]}), ("cv.txt", files.TEXT, {})):
        where = f"/api/v1/documents?{urlencode({'name': name, **query})}"
        created(ada.post(where, data=content, content_type="application/octet-stream"))
    return posting


def test_a_changed_password_signs_out_every_other_browser(app: APIFlask, ada: FlaskClient) -> None:
    other = log_in(app, PERSONS_PASSWORD)
    change = {"current_password": PERSONS_PASSWORD, "new_password": NEW}
    assert ada.post("/api/v1/account/password", json=change).status_code == 204
    assert ada.get("/api/v1/auth/me").status_code == 200
    assert other.get("/api/v1/auth/me").status_code == 401
    refused = app.test_client().post(
        "/api/v1/auth/log-in", json={"email": "ada@example.org", "password": PERSONS_PASSWORD}
    )
    assert refused.status_code == 401
    assert log_in(app, NEW).get("/api/v1/auth/me").status_code == 200


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"current_password": "guess", "new_password": NEW}, "wrong-password"),
        ({"current_password": PERSONS_PASSWORD, "new_password": "short"}, "validation"),
        ({"new_password": NEW}, "validation"),
    ],
)
def test_a_password_is_changed_by_who_knows_it_only(
    app: APIFlask, ada: FlaskClient, change: dict[str, str], problem: str
) -> None:
    assert kind(ada.post("/api/v1/account/password", json=change)) == problem
    log_in(app, PERSONS_PASSWORD)
    assert ada.get("/api/v1/auth/me").status_code == 200


def test_of_two_password_changes_at_once_one_is_made(app: APIFlask, ada: FlaskClient, database: Database) -> None:
    browsers = [ada, *(log_in(app, PERSONS_PASSWORD) for _ in range(3))]
    change = {"current_password": PERSONS_PASSWORD, "new_password": NEW}
    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(lambda browser: browser.post("/api/v1/account/password", json=change), browsers))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 204
    # Whoever came later was signed out, or had an outdated password.
    assert set(statuses[1:]) <= {401, 403}
    assert database.sql("SELECT session_version FROM auth_users") == [(2,)]


def test_an_export_holds_everything(ada: FlaskClient, life: dict[str, Any]) -> None:
    answer = ada.get("/api/v1/account/export")
    assert answer.content_type == "application/zip"
    assert "jobfolio.zip" in answer.headers["Content-Disposition"]
    packed = zipfile.ZipFile(io.BytesIO(answer.data))
    assert packed.testzip() is None
    told = json.loads(packed.read("data.json"))
    assert told["account"]["email"] == "Ada@Example.org"
    assert told["profile"]["full_name"] == "Ada Lovelace"
    assert [row["school"] for row in told["education"]] == ["Home"]
    assert [row["company"] for row in told["work"]] == ["Engine"]
    assert [(row["title"], row["description"]) for row in told["postings"]] == [("Zürich", "D")]
    pdf, text = told["documents"]
    assert (packed.read(pdf["file"]), packed.read(text["file"])) == (files.PDF, files.TEXT)
    assert pdf["job_posting_id"] == life["id"]
    assert set(packed.namelist()) == {"data.json", pdf["file"], text["file"]}
    assert "argon2" not in json.dumps(told)


def test_an_export_of_thousands_of_postings_is_whole_and_sent_in_pieces(ada: FlaskClient, database: Database) -> None:
    database.sql(
        "INSERT INTO job_postings (user_id, company, title, description)"
        " SELECT min(id), 'C', n::text, repeat(md5(n::text), 100)"
        " FROM auth_users, generate_series(1, 3000) AS n GROUP BY n"
    )
    pieces = list(ada.get("/api/v1/account/export").iter_encoded())
    assert len(pieces) > 10
    assert max(map(len, pieces)) < 1024 * 1024
    told = json.loads(zipfile.ZipFile(io.BytesIO(b"".join(pieces))).read("data.json"))
    assert {row["title"] for row in told["postings"]} == {str(number) for number in range(1, 3001)}


@pytest.mark.usefixtures("life")
def test_a_document_that_goes_while_an_export_is_sent_is_left_out(ada: FlaskClient, database: Database) -> None:
    pieces = ada.get("/api/v1/account/export").iter_encoded()
    first = next(pieces)
    database.sql("DELETE FROM resume_documents WHERE name = 'cv.txt'")
    packed = zipfile.ZipFile(io.BytesIO(first + b"".join(pieces)))
    [document] = json.loads(packed.read("data.json"))["documents"]
    assert (document["name"], packed.read(document["file"])) == ("cv.pdf", files.PDF)


def test_a_document_that_goes_in_the_midst_of_its_own_bytes_ends_no_export(
    ada: FlaskClient, database: Database
) -> None:
    head = {"content_type": "application/octet-stream"}
    created(ada.post("/api/v1/documents?name=gone.pdf", data=b"%PDF-" + bytes(3 * 1024 * 1024), **head))
    created(ada.post("/api/v1/documents?name=cv.pdf", data=files.PDF, **head))
    pieces = ada.get("/api/v1/account/export").iter_encoded()
    first = next(pieces)
    database.sql("DELETE FROM resume_documents WHERE name = 'gone.pdf'")
    packed = zipfile.ZipFile(io.BytesIO(first + b"".join(pieces)))
    assert packed.testzip() is None
    [document] = json.loads(packed.read("data.json"))["documents"]
    assert (document["name"], packed.read(document["file"])) == ("cv.pdf", files.PDF)


@pytest.mark.usefixtures("life")
def test_a_deleted_account_leaves_no_row_and_nobody_signed_in(
    app: APIFlask, ada: FlaskClient, eve: FlaskClient, database: Database
) -> None:
    other = log_in(app, PERSONS_PASSWORD)
    assert all(database.sql(f"TABLE {table}") for table in TABLES), "The check would find rows."
    gone = ada.post("/api/v1/account/deletion", json={"password": PERSONS_PASSWORD})
    assert gone.status_code == 204
    assert "Max-Age=0" in gone.headers["Set-Cookie"]

    assert database.sql("SELECT email FROM auth_users") == [("eve@example.org",)]
    assert [database.sql(f"TABLE {table}") for table in TABLES[2:]] == [[]] * 4
    assert other.get("/api/v1/auth/me").status_code == 401
    assert other.post("/api/v1/education", json={"school": "S", "start_date": "2020-01-01"}).status_code == 401
    assert eve.get("/api/v1/auth/me").status_code == 200


def test_an_account_is_deleted_by_who_knows_its_password_only(ada: FlaskClient) -> None:
    assert kind(ada.post("/api/v1/account/deletion", json={"password": "guess"})) == "wrong-password"
    assert kind(ada.post("/api/v1/account/deletion", json={})) == "validation"
    assert ada.get("/api/v1/auth/me").status_code == 200


def test_a_file_that_comes_while_the_account_goes_is_told_to_sign_in(ada: FlaskClient, database: Database) -> None:
    class Body:
        """A file; whoever reads it finds the account gone."""

        def read(self, _size: int = -1) -> bytes:
            database.sql("DELETE FROM auth_users")
            return files.PDF

    environ = {"wsgi.input": Body(), "CONTENT_LENGTH": str(len(files.PDF))}
    upload = {"query_string": {"name": "cv.pdf"}, "content_type": "application/octet-stream"}
    assert kind(ada.post("/api/v1/documents", **upload, environ_overrides=environ)) == "not-signed-in"
