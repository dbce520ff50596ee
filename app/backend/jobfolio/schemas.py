"""What the API accepts and answers; the OpenAPI document is generated from these."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from .models import Base


def storable(value: str) -> str:
    """Refuse the one character that Postgres text cannot hold (manual, 8.3)."""
    if "\x00" in value:
        raise PydanticCustomError("nul", "Text may not hold the character U+0000.")
    return value


def utc(moment: datetime) -> str:
    """Render a time as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(storable)]
# One @ with something on both sides and no white space: whether it receives mail, only sending mail can tell.
Email = Annotated[Text, Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Moment = Annotated[datetime, PlainSerializer(utc, return_type=str)]


class Body(BaseModel):
    """A request's body: a misspelt member is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid")


class SignUp(Body):
    """A new account."""

    email: Email
    password: Annotated[str, AfterValidator(storable), Field(min_length=12, max_length=128)]
    full_name: Annotated[Text, Field(max_length=200)] = ""


class LogIn(Body):
    """What a person signs in with; a password that could not be one is merely wrong."""

    email: Annotated[Text, Field(max_length=254)]
    password: Annotated[str, Field(max_length=128)]


class Nothing(Body):
    """An empty object, where only the content type matters."""


class Answer(BaseModel):
    """An answer's body, filled from a row."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, row: Base) -> dict[str, Any]:
        """Take from a row what this answer shows."""
        return cls.model_validate(row).model_dump()


class User(Answer):
    """The account that is signed in."""

    id: int
    email: str
    created_at: Moment


class ProfileIn(Body):
    """A whole profile; what is left out is empty."""

    full_name: Annotated[Text, Field(max_length=200)] = ""
    headline: Annotated[Text, Field(max_length=200)] = ""
    location: Annotated[Text, Field(max_length=200)] = ""
    phone: Annotated[Text, Field(max_length=40)] = ""
    website: Annotated[Text, Field(max_length=500, pattern=r"^(https?://\S+)?$")] = ""
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
