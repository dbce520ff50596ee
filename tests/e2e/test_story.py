"""A person's story with Jobfolio, in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from e2e.person import Person
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.watch import Watch
    from playwright.sync_api import Page

PROFILE = {
    "Headline": "Analyst of the Analytical Engine",
    "Location": "London",
    "Phone": "+44 20 7946 0958",
    "Website": "https://ada.example.org",
    "About_you": "I write programs for machines not built yet.\n\nTranslator of Menabrea, with notes — A to G.",
}


def test_a_saved_profile_is_there_after_reloading_and_logging_in_again(
    person: Person, watch: Watch, screenshot: Callable[[str], None]
) -> None:
    person.page.goto("/sign-up")
    expect(person.page.get_by_role("heading", name="Create your account")).to_be_visible()
    screenshot("sign-up")

    person.sign_up()
    person.save_profile(**PROFILE)
    screenshot("profile")

    person.page.reload()
    person.sees_the_profile(**PROFILE)

    person.log_out()
    screenshot("log-in")

    person.log_in()
    person.sees_the_profile(**PROFILE)
    assert watch.problems == []


def test_a_wrong_password_is_told_and_the_right_one_then_works(
    person: Person, watch: Watch, screenshot: Callable[[str], None]
) -> None:
    person.sign_up()
    person.log_out()
    person.log_in(password="not the password of this account")
    expect(person.page.get_by_role("alert")).to_contain_text("password", ignore_case=True)
    screenshot("wrong-password")

    person.log_in()
    person.sees_the_profile()
    assert watch.problems == []


def test_what_is_refused_is_told_beside_its_field(
    person: Person, watch: Watch, screenshot: Callable[[str], None]
) -> None:
    person.sign_up()
    person.log_out()

    page = person.page
    email, password = page.get_by_label("E-mail address"), page.get_by_label("Password")
    page.get_by_role("link", name="Sign up").click()
    email.fill(person.email.upper())
    password.fill("short")
    page.get_by_role("button", name="Sign up").click()
    expect(password).to_be_focused()
    expect(password).to_have_accessible_description(re.compile("12 characters"))

    password.fill(person.password)
    page.get_by_role("button", name="Sign up").click()
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
    screenshot("address-taken")
    assert watch.problems == []


def test_what_the_backend_refuses_is_told_beside_its_field_and_nothing_is_saved(
    person: Person, watch: Watch, screenshot: Callable[[str], None]
) -> None:
    person.sign_up()
    website = person.page.get_by_label("Website")
    website.fill("ftp://ada.example.org")
    person.page.get_by_role("button", name="Save profile").click()
    expect(website).to_be_focused()
    expect(website).to_have_accessible_description(re.compile("http"))
    screenshot("refused")

    person.page.reload()
    person.sees_the_profile(Website="")
    assert watch.problems == []


def test_a_page_for_members_leads_to_logging_in_and_back(person: Person, watch: Watch) -> None:
    person.sign_up()
    person.log_out()
    person.page.goto("/profile")
    expect(person.page).to_have_url("/log-in")
    person.page.get_by_label("E-mail address").fill(person.email)
    person.page.get_by_label("Password").fill(person.password)
    person.page.keyboard.press("Enter")
    expect(person.page).to_have_url("/profile")
    assert watch.problems == []


def test_one_person_never_sees_the_profile_of_another(person: Person, page: Page, watch: Watch) -> None:
    person.sign_up()
    person.save_profile(Headline="Mine alone")
    person.log_out()

    other = Person(page, name="Grace Hopper")
    other.sign_up()
    other.sees_the_profile(Headline="")
    assert watch.problems == []
