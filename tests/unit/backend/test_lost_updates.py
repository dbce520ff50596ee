"""Two people, or two tabs, edit the same thing: the second one is told, and nothing is overwritten."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from unit.backend.conftest import PERSONS_PASSWORD, body, created, kind

EDITS = {
    "/api/v1/profile": {"full_name": "Ada"},
    "/api/v1/education": {"school": "Home", "start_date": "1828-01-01"},
    "/api/v1/work": {"company": "Engine", "title": "Analyst", "start_date": "1842-01-01"},
    "/api/v1/postings": {"company": "Engine", "title": "Analyst"},
}


@pytest.fixture(params=EDITS)
def thing(request: pytest.FixtureRequest, ada: FlaskClient) -> str:
    """The path of something of Ada's."""
    path = str(request.param)
    if path == "/api/v1/profile":
        return path
    return f"{path}/{created(ada.post(path, json=EDITS[path]))['id']}"


def edit(client: FlaskClient, thing: str, etag: str | None) -> int:
    [given] = [given for path, given in EDITS.items() if thing.startswith(path)]
    changed = {**given, next(iter(given)): uuid4().hex}
    return client.put(thing, json=changed, headers={"If-Match": etag} if etag else {}).status_code


def test_an_edit_of_what_was_read_is_made_and_the_next_one_of_the_same_state_refused(
    ada: FlaskClient, thing: str
) -> None:
    etag = ada.get(thing).headers["ETag"]
    assert edit(ada, thing, etag) == 200
    after = ada.get(thing).json
    assert edit(ada, thing, etag) == 412
    assert ada.get(thing).json == after
    assert edit(ada, thing, ada.get(thing).headers["ETag"]) == 200


def test_the_refusal_says_how_to_go_on(ada: FlaskClient) -> None:
    answer = ada.put("/api/v1/profile", json={}, headers={"If-Match": '"0"'})
    assert kind(answer) == "changed-meanwhile"
    assert answer.headers["ETag"] == ada.get("/api/v1/profile").headers["ETag"]


@pytest.mark.parametrize("etag", ['"7"', '"1", "7"', 'W/"1"', "7", '"', "x" * 5000])
def test_only_a_strong_tag_of_this_very_state_matches(ada: FlaskClient, etag: str) -> None:
    assert edit(ada, "/api/v1/profile", etag) == (200 if etag == '"1", "7"' else 412)


def test_an_edit_that_does_not_say_what_it_starts_from_is_refused(ada: FlaskClient, thing: str) -> None:
    before = ada.get(thing).json
    assert edit(ada, thing, None) == 428
    assert ada.get(thing).json == before
    assert edit(ada, thing, "*") == 200


@pytest.mark.parametrize("thing", list(EDITS)[1:], indirect=True)
def test_removing_what_was_changed_meanwhile_is_refused_when_the_state_is_named(ada: FlaskClient, thing: str) -> None:
    etag = ada.get(thing).headers["ETag"]
    assert edit(ada, thing, etag) == 200
    assert ada.delete(thing, headers={"If-Match": etag}).status_code == 412
    assert ada.delete(thing, headers={"If-Match": ada.get(thing).headers["ETag"]}).status_code == 204


def test_of_many_edits_at_once_exactly_one_is_made(app: APIFlask, ada: FlaskClient, thing: str) -> None:
    etag = ada.get(thing).headers["ETag"]
    browsers = []
    for _ in range(6):
        browser = app.test_client()
        body(browser.post("/api/v1/auth/log-in", json={"email": "ada@example.org", "password": PERSONS_PASSWORD}))
        browsers.append(browser)
    with ThreadPoolExecutor(len(browsers)) as people:
        answers = list(people.map(lambda browser: edit(browser, thing, etag), browsers))
    assert sorted(answers) == [200] + [412] * 5
    # The control: without saying what they start from, all of them would have been made.
    with ThreadPoolExecutor(len(browsers)) as people:
        assert set(people.map(lambda browser: edit(browser, thing, "*"), browsers)) == {200}
