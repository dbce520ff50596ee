"""Accounts and profiles."""

from typing import Annotated

from pydantic import Field

from .base import SPACE, STORABLE, WEB_ADDRESS, Answer, Body, EntityTag, Line, Matching, Moment, Stripped, Text

# One @ with something on both sides and no white space: whether it receives mail, only sending mail can tell.
ADDRESS = Matching(rf"^[^@{SPACE}\x00]+@[^@{SPACE}\x00]+$", "This is no e-mail address.")
Email = Annotated[Stripped, ADDRESS, Field(min_length=3, max_length=254)]
NewPassword = Annotated[str, STORABLE, Field(min_length=12, max_length=128)]
# One that could not be one is merely wrong.
Password = Annotated[str, Field(max_length=128)]


class SignUp(Body):
    """A new account."""

    email: Email
    password: NewPassword
    full_name: Line = ""


class LogIn(Body):
    """What a person signs in with."""

    email: Annotated[Text, Field(max_length=254)]
    password: Password


class PasswordChange(Body):
    """A new password, and the one so far."""

    current_password: Password
    new_password: NewPassword


class AccountDeletion(Body):
    """The password once more, before everything goes."""

    password: Password


class User(Answer):
    """The account that is signed in."""

    id: int
    email: str
    created_at: Moment


class ProfileIn(Body):
    """A whole profile; what is left out is empty."""

    full_name: Line = ""
    headline: Line = ""
    location: Line = ""
    phone: Annotated[Text, Field(max_length=40)] = ""
    website: Annotated[Stripped, WEB_ADDRESS, Field(max_length=500)] = ""
    summary: Annotated[Text, Field(max_length=10_000)] = ""


class Profile(Answer):
    """A profile as stored."""

    full_name: str
    headline: str
    location: str
    phone: str
    website: str
    summary: str
    updated_at: Moment
    etag: EntityTag
