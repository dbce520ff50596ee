"""What a person does with Jobfolio, in the words on the page."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import FilePayload, Locator, Page


@dataclass
class Person:
    """Somebody with a browser and an e-mail address that nobody had before."""

    page: Page
    name: str = "Ada Lovelace"
    email: str = field(default_factory=lambda: f"ada-{secrets.token_hex(8)}@example.org")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)

    def sign_up(self) -> None:
        """Make an account; ends on the profile."""
        self.page.goto("/sign-up")
        self.page.get_by_label("Full name").fill(self.name)
        self.page.get_by_label("E-mail address").fill(self.email)
        self.page.get_by_label("Password").fill(self.password)
        self.page.get_by_role("button", name="Sign up").click()
        self.sees_the_profile()

    def log_in(self, password: str | None = None) -> None:
        """Try to log in, with the right password if none is given."""
        self.page.goto("/log-in")
        self.page.get_by_label("E-mail address").fill(self.email)
        self.page.get_by_label("Password").fill(password or self.password)
        self.page.get_by_role("button", name="Log in").click()

    def log_out(self) -> None:
        """Log out; ends on the log-in page."""
        self.page.get_by_role("button", name="Log out").click()
        expect(self.page.get_by_role("heading", name="Welcome back")).to_be_visible()

    def save_profile(self, **values: str) -> None:
        """Fill in fields by their labels (an underscore for a space) and save."""
        for label, value in values.items():
            self.page.get_by_label(label.replace("_", " ")).fill(value)
        self.page.get_by_role("button", name="Save profile").click()
        expect(self.page.get_by_text("Saved at")).to_be_visible()

    def sees_the_profile(self, **values: str) -> None:
        """The profile is open, with these values."""
        expect(self.page.get_by_role("heading", name="Your profile")).to_be_visible()
        for label, value in ({"Full_name": self.name} | values).items():
            expect(self.page.get_by_label(label.replace("_", " "))).to_have_value(value)

    def opens(self, tab: str) -> None:
        """Open a page of the folder by its tab."""
        self.page.get_by_role("navigation", name="Your folder").get_by_role("link", name=tab).click()

    def section(self, title: str) -> Locator:
        """Find a part of the page by its heading."""
        return self.page.get_by_role("region", name=re.compile(f"^{title}"))

    def adds(
        self, to: str, button: str, values: dict[str, str], before_saving: Callable[[], None] | None = None
    ) -> None:
        """Open the form of a section, fill it in by its labels and save."""
        section = self.section(to)
        section.get_by_role("button", name=button).click()
        form = section.get_by_role("form", name=button)
        fill(form, values)
        if before_saving:
            before_saving()
        form.get_by_role("button", name="Save").click()
        expect(form).to_be_hidden()
        # Whoever added something may want to add more.
        expect(section.get_by_role("button", name=button)).to_be_focused()

    def adds_a_posting(self, values: dict[str, str]) -> None:
        """Add a posting; ends on its page."""
        self.opens("Postings")
        self.page.get_by_role("link", name="Add a posting").click()
        fill(self.page.get_by_role("main"), values)
        self.page.get_by_role("button", name="Save posting").click()
        expect(self.page.get_by_role("heading", name=values["Title"], level=1)).to_be_focused()

    def uploads(self, label: str, file: FilePayload, told: str) -> None:
        """Upload a file where there is a field of that name, and be told what came of it."""
        self.page.get_by_label(label).set_input_files(file)
        self.page.get_by_role("button", name="Upload", exact=True).click()
        expect(self.page.get_by_text(told)).to_be_visible()

    def account_id(self) -> int:
        """Ask the backend for the key of one's own account."""
        return int(self.page.evaluate("fetch('/api/v1/auth/me').then((answer) => answer.json()).then(({id}) => id)"))

    def deletes_the_account(self) -> None:
        """Delete the account for good; ends on the sign-up page."""
        self.opens("Account")
        end = self.section("Delete the account")
        end.get_by_label("Your password").fill(self.password)
        end.get_by_label("I want everything").check()
        end.get_by_role("button", name="Delete my account").click()
        expect(self.page.get_by_role("heading", name="Create your account")).to_be_visible()
        expect(self.page.get_by_text("Your account is gone")).to_be_visible()


def fill(form: Locator, values: dict[str, str]) -> None:
    """Fill in fields by their labels."""
    for label, value in values.items():
        form.get_by_label(label, exact=True).fill(value)
