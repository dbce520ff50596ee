"""The whole story of one person, from signing up to leaving nothing behind, as people use a browser."""

from __future__ import annotations

import json
import os
import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from e2e.files import INK, pdf
from e2e.rows import TABLES, rows_of
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.person import Person
    from e2e.watch import Watch
    from fleet import Fleet
    from playwright.sync_api import FilePayload, Page

EDUCATION = {"School": "University of London", "Degree": "BSc", "Field of study": "Mathematics", "From": "2009-10-01"}
POSITION = {
    "Position": "Analyst",
    "Company": "Babbage & Co.",
    "Location": "London",
    "From": "2015-03-01",
    "Description": "Programs for a machine not built yet.",
}
POSTING = {
    "Title": "Engineer of the Difference Engine",
    "Company": "Science Museum",
    "Location": "South Kensington",
    "Link": "https://jobs.example.org/engines/1?from=board",
    "Closes on": "2027-03-31",
    "Description": "Oil it.\nTurn the crank.",
}
RESUME: FilePayload = {
    "name": "Lovelace.pdf",
    "mimeType": "application/pdf",
    "buffer": pdf("Ada Lovelace, Analyst", "What I have done so far"),
}
LETTER: FilePayload = {
    "name": "Letter to the Museum.txt",
    "mimeType": "text/plain",
    "buffer": ("Dear Sir or Madam,\n\nI know how engines think. " + "Truly. " * 60 + "\n\nAda").encode(),
}
# More than any page has places to go to.
MOST_TABS = 40
STATUSES = ("Saved", "Applied", "Interviewing", "Offered", "Rejected")
PICTURE: FilePayload = {"name": "me.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"}
DAMAGED: FilePayload = {"name": "half.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 and no more"}
LARGE: FilePayload = {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-" + bytes(10 * 1024 * 1024)}


def test_one_person_does_everything_and_leaves_nothing_behind(
    person: Person, watch: Watch, look: Callable[[str], None]
) -> None:
    person.page.goto("/sign-up")
    expect(person.page.get_by_role("heading", name="Create your account")).to_be_visible()
    look("sign-up")
    person.sign_up()
    person.save_profile(Headline="Analyst of the Analytical Engine")
    tells_of_the_past(person, look)
    follows_a_posting(person, look)
    keeps_files(person, look)
    tailors_a_resume_to_the_posting(person, look)
    moves_the_posting_over_the_board(person, look)
    takes_everything_along(person, look)
    leaves(person, look)
    assert watch.problems == []


def tells_of_the_past(person: Person, look: Callable[[str], None]) -> None:
    page = person.page
    look("profile-empty")
    person.adds("Education", "Add education", EDUCATION, before_saving=lambda: look("education-form"))
    person.adds("Work history", "Add a position", POSITION)
    person.adds(
        "Work history", "Add a position", {**POSITION, "Position": "Pupil", "From": "2012-01-01", "Until": "2015-02-01"}
    )
    work = person.section("Work history")
    expect(work.get_by_role("heading", level=3)).to_have_text(["Analyst", "Pupil"])
    expect(work.get_by_text(re.compile(r"^Mar 2015 . now$"))).to_be_visible()

    work.get_by_role("button", name="Edit Analyst").click()
    edit = work.get_by_role("form", name="Edit Analyst")
    expect(edit.get_by_label("Position")).to_be_focused()
    edit.get_by_label("Until").fill("2014-01-01")
    edit.get_by_role("button", name="Save").click()
    expect(edit.get_by_label("Until")).to_be_focused()
    expect(edit.get_by_label("Until")).to_have_accessible_description(re.compile("before"))
    look("work-refused")
    edit.get_by_label("Until").fill("")
    edit.get_by_label("Position").fill("Chief analyst")
    edit.get_by_role("button", name="Save").click()
    expect(work.get_by_role("button", name="Edit Chief analyst")).to_be_focused()

    work.get_by_role("button", name="Remove Pupil").click()
    expect(work.get_by_role("button", name="Keep it")).to_be_focused()
    look("work-removal")
    work.get_by_role("group").get_by_role("button", name="Remove").click()
    expect(work.get_by_role("heading", level=3)).to_have_text(["Chief analyst"])
    expect(work.get_by_role("button", name="Add a position")).to_be_focused()
    look("profile-filled")
    page.reload()
    expect(person.section("Education").get_by_role("heading", level=3)).to_have_text(["BSc"])


def follows_a_posting(person: Person, look: Callable[[str], None]) -> None:
    person.opens("Postings")
    expect(person.page.get_by_role("heading", level=2)).to_have_text([f"{status} 0" for status in STATUSES])
    look("board-empty")
    person.page.get_by_role("link", name="Add a posting").click()
    expect(person.page.get_by_label("Title")).to_be_focused()
    look("posting-new")
    person.adds_a_posting(POSTING)
    expect(person.page.get_by_text("None is attached yet.")).to_be_visible()
    look("posting-saved")


def keeps_files(person: Person, look: Callable[[str], None]) -> None:
    page = person.page
    person.opens("Résumés")
    expect(page.get_by_text("Nothing is stored yet.")).to_be_visible()
    person.uploads("Upload a file", PICTURE, "This is no PDF")
    look("upload-refused")
    person.uploads("Upload a file", LARGE, "This file has more than 10 MiB")
    person.uploads("Upload a file", RESUME, "Lovelace.pdf is stored.")
    person.uploads("Upload a file", LETTER, "Letter to the Museum.txt is stored.")
    person.uploads("Upload a file", {**RESUME, "name": "Again.pdf"}, "You have this file already, as Lovelace.pdf")
    expect(person.section("Your files").get_by_role("heading", level=3)).to_have_text([LETTER["name"], RESUME["name"]])
    look("documents")

    page.get_by_role("button", name="Preview of Lovelace.pdf").click()
    for label in ("Page 1 of 3", "Page 2 of 3", "Page 3 of 3"):
        drawn = page.get_by_role("img", name=label)
        expect(drawn).to_have_attribute("aria-busy", "false")
        assert drawn.locator("canvas").evaluate(INK) > 1000
    look("preview-pdf")
    page.get_by_role("button", name="Close preview of Lovelace.pdf").click()

    page.get_by_role("button", name=f"Preview of {LETTER['name']}").click()
    expect(page.get_by_text("I know how engines think.")).to_be_visible()
    look("preview-text")

    person.uploads("Upload a file", DAMAGED, "half.pdf is stored.")
    page.get_by_role("button", name="Preview of half.pdf").click()
    expect(page.get_by_role("alert")).to_contain_text("half.pdf cannot be shown here")
    page.get_by_role("button", name="Delete half.pdf").click()
    look("document-deletion")
    page.get_by_role("group").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Your files (2)")).to_be_focused()


def tailors_a_resume_to_the_posting(person: Person, look: Callable[[str], None]) -> None:
    page = person.page
    person.opens("Postings")
    page.get_by_role("link", name=POSTING["Title"]).click()
    attached = person.section("Résumés for this posting")
    attached.get_by_label("Attach one of your files").select_option(label="Lovelace.pdf, version 1")
    attached.get_by_role("button", name="Attach").click()
    expect(attached.get_by_role("heading", level=3)).to_have_text(["Lovelace.pdf"])
    person.uploads("Upload a file for this posting", {**LETTER, "buffer": LETTER["buffer"] + b"!"}, "as version 2")
    expect(attached.get_by_role("heading", level=3)).to_have_text([LETTER["name"], "Lovelace.pdf"])
    look("posting-attached")
    attached.get_by_role("button", name=f"Detach {LETTER['name']}").click()
    expect(attached.get_by_role("heading", level=3)).to_have_text(["Lovelace.pdf"])

    person.opens("Résumés")
    page.get_by_role("link", name=f"{POSTING['Title']}, {POSTING['Company']}").click()
    expect(page.get_by_role("heading", name=POSTING["Title"], level=1)).to_be_visible()


def moves_the_posting_over_the_board(person: Person, look: Callable[[str], None]) -> None:
    page = person.page
    person.adds_a_posting({"Title": "Translator", "Company": "Scientific Memoirs"})
    person.opens("Postings")
    for status in ("Applied", "Interviewing", "Offered", "Rejected", "Offered"):
        page.get_by_label(f"Move “{POSTING['Title']}” to…").select_option(label=status)
        card = person.section(status).get_by_role("link", name=POSTING["Title"])
        expect(card).to_be_focused()
        expect(page.get_by_role("link", name=POSTING["Title"])).to_have_count(1)
        expect(page.get_by_role("heading", name=re.compile(f"^{status}"), level=2)).to_have_text(f"{status} 1")
    look("board")

    page.get_by_label("Search all postings").fill("memoirs")
    expect(page.get_by_role("link", name=POSTING["Title"])).to_have_count(0)
    expect(page.get_by_role("link", name="Translator")).to_be_visible()
    look("board-search")
    page.get_by_label("Search all postings").fill("")
    expect(page.get_by_role("link", name=POSTING["Title"])).to_be_visible()

    page.get_by_role("link", name="Translator").click()
    page.get_by_role("button", name="Remove Translator").click()
    look("posting-removal")
    page.get_by_role("group").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("“Translator” is removed.")).to_be_visible()
    expect(page.get_by_role("link", name="Translator")).to_have_count(0)


def takes_everything_along(person: Person, look: Callable[[str], None]) -> None:
    page = person.page
    person.opens("Account")
    expect(page.get_by_role("main").get_by_text(person.email)).to_be_visible()
    look("account")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download everything").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        data = json.loads(archive.read("data.json"))
        files = {
            document["name"]: archive.read(document["file"])
            for document in data["documents"]
            if document["version"] == 1
        }
    assert data["account"]["email"] == person.email
    assert data["profile"]["headline"] == "Analyst of the Analytical Engine"
    assert [entry["school"] for entry in data["education"]] == ["University of London"]
    assert [entry["title"] for entry in data["work"]] == ["Chief analyst"]
    assert [(entry["title"], entry["status"]) for entry in data["postings"]] == [(POSTING["Title"], "offered")]
    assert data["postings"][0]["applied_on"] is not None
    assert files == {RESUME["name"]: RESUME["buffer"], LETTER["name"]: LETTER["buffer"]}


def leaves(person: Person, look: Callable[[str], None]) -> None:
    page = person.page
    password = person.section("Password")
    password.get_by_label("Current password").fill("not the one of this account")
    password.get_by_label("New password").fill(person.password + "!")
    password.get_by_role("button", name="Change password").click()
    expect(password.get_by_label("Current password")).to_be_focused()
    expect(password.get_by_label("Current password")).to_have_accessible_description(re.compile("wrong"))
    look("account-refused")
    password.get_by_label("Current password").fill(person.password)
    password.get_by_role("button", name="Change password").click()
    expect(password.get_by_text("Changed.")).to_be_visible()
    person.password += "!"

    person.deletes_the_account()
    look("account-gone")
    person.log_in()
    expect(page.get_by_role("alert")).to_contain_text("password", ignore_case=True)
    look("log-in-refused")


@pytest.mark.parametrize("width", ["desktop"])
def test_no_row_of_a_deleted_account_stays_in_the_database(person: Person, watch: Watch, fleet: Fleet) -> None:
    if os.environ.get("JOBFOLIO_URL"):
        pytest.skip("The database of a site that JOBFOLIO_URL names is not ours to look into.")
    person.sign_up()
    person.adds("Education", "Add education", EDUCATION)
    person.adds("Work history", "Add a position", POSITION)
    person.adds_a_posting(POSTING)
    person.uploads("Upload a file for this posting", RESUME, "Lovelace.pdf is stored.")
    account = person.account_id()
    assert rows_of(fleet, account) == dict.fromkeys(TABLES, 1)

    person.deletes_the_account()
    assert rows_of(fleet, account) == dict.fromkeys(TABLES, 0)
    assert watch.problems == []


def test_of_two_edits_at_once_the_second_is_told_and_nothing_is_overwritten(
    person: Person, page: Page, watch: Watch, look: Callable[[str], None]
) -> None:
    person.sign_up()
    other = page.context.new_page()
    watch.over(other)
    other.goto("/profile")
    headline = page.get_by_label("Headline")
    expect(other.get_by_label("Headline")).to_be_visible()
    headline.fill("Typed first, saved second")

    other.get_by_label("Headline").fill("Saved first")
    other.get_by_role("button", name="Save profile").click()
    expect(other.get_by_text("Saved at")).to_be_visible()
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_role("alert")).to_contain_text("changed in another window")
    expect(headline).to_have_value("Typed first, saved second")
    look("changed-meanwhile")
    other.reload()
    expect(other.get_by_label("Headline")).to_have_value("Saved first")

    page.get_by_role("button", name="Load the saved state").click()
    expect(headline).to_have_value("Saved first")
    headline.fill("Saved second")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Saved at")).to_be_visible()
    assert watch.problems == []


@pytest.mark.parametrize("width", ["desktop"])
def test_a_posting_is_followed_by_keyboard_alone(person: Person, page: Page, watch: Watch) -> None:
    person.sign_up()
    tabs_to(page, "Postings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Postings", level=1)).to_be_visible()
    tabs_to(page, "Add a posting")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Engineer")
    page.keyboard.press("Tab")
    page.keyboard.type("Science Museum")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Engineer", level=1)).to_be_focused()

    tabs_to(page, "All postings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Saved 1")).to_be_visible()
    tabs_to(page, "Move “Engineer” to…")
    for chosen in ("applied", "interviewing", "offered"):
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("Move “Engineer” to…")).to_have_value(chosen)
    expect(page.get_by_role("heading", name="Saved 1")).to_be_visible()
    tabs_to(page, "Move")
    page.keyboard.press("Enter")
    expect(person.section("Offered 1").get_by_role("link", name="Engineer")).to_be_focused()
    assert watch.problems == []


def tabs_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    called = "document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()"
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(called) == name:
            return
    pytest.fail(f"{MOST_TABS} times Tab do not lead to “{name}”.")
