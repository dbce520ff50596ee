"""What a person does with Jobfolio, in the words on the page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page


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
        expect(self.page.get_by_role("status")).to_contain_text("Saved at")

    def sees_the_profile(self, **values: str) -> None:
        """The profile is open, with these values."""
        expect(self.page.get_by_role("heading", name="Your profile")).to_be_visible()
        for label, value in ({"Full_name": self.name} | values).items():
            expect(self.page.get_by_label(label.replace("_", " "))).to_have_value(value)
