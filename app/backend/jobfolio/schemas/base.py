"""What every description shares: text that Postgres can hold, bodies that refuse the unknown, pages of a list."""

from datetime import UTC, date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from ..models import LARGEST_KEY, Base


def storable(value: str) -> str:
    """Refuse the one character that Postgres text cannot hold (manual, 8.3)."""
    if "\x00" in value:
        raise PydanticCustomError("nul", "Text may not hold the character U+0000.")
    return value


def utc(moment: datetime) -> str:
    """Render a time as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def not_before(start: str, end: date | None, info: ValidationInfo) -> date | None:
    """Refuse a date that lies before the member named `start`; either may be missing."""
    begin: date | None = info.data.get(start)
    if begin and end and end < begin:
        raise PydanticCustomError("order", "This date may not lie before {start}.", {"start": start})
    return end


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(storable)]
Line = Annotated[Text, Field(max_length=200)]
FilledLine = Annotated[Text, Field(min_length=1, max_length=200)]
Moment = Annotated[datetime, PlainSerializer(utc, return_type=str)]
Key = Annotated[int, Field(ge=1, le=LARGEST_KEY)]
# As in HTTP's If-Match (RFC 9110, 13.1.1): what an edit sends back to say which state it started from.
EntityTag = Annotated[str, Field(description="Send it as If-Match when you edit this.")]


class Body(BaseModel):
    """A request's body or query: a misspelt member is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Body):
    """An empty object, where only the content type matters."""


class Answer(BaseModel):
    """An answer's body, filled from a row."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, row: Base) -> Self:
        """Take from a row what this answer shows."""
        return cls.model_validate(row)


class PageQuery(Body):
    """Which part of a list."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    per_page: Annotated[int, Field(ge=1, le=100)] = 50


class Page(BaseModel):
    """A part of a list, and how long the whole is."""

    page: int
    per_page: int
    total: int
