"""What every description shares: text that Postgres can hold, bodies that refuse the unknown, pages of a list."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from ..models import LARGEST_KEY, Base

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # RFC 3339, full-date


@dataclass(frozen=True)
class Matching:
    """What text has to match, said to people in a sentence and to programs by the pattern in the OpenAPI document."""

    pattern: str
    message: str

    def check(self, text: str) -> str:
        """Refuse text that does not match."""
        if not re.fullmatch(self.pattern, text):
            raise PydanticCustomError("pattern", self.message)
        return text

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": self.pattern}


def utc(moment: datetime) -> str:
    """Render a time as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def iso_date(given: object) -> object:
    """Refuse what pydantic would take for a date as well: numbers, and moments at midnight."""
    if given is not None and not (isinstance(given, str) and ISO_DATE.fullmatch(given)):
        raise PydanticCustomError("date", "This must be a date, such as 2026-11-24.")
    return given


def not_before(start: str, called: str, end: date | None, info: ValidationInfo) -> date | None:
    """Refuse a date that lies before the member `start`, which people know as `called`; either may be missing."""
    begin: date | None = info.data.get(start)
    if begin and end and end < begin:
        raise PydanticCustomError("order", "This date may not lie before {called}.", {"called": called})
    return end


# U+0000 is the one character that Postgres text cannot hold (manual, 8.3).
# White space for a pattern's brackets: engines disagree on whether the last four are part of \s.
SPACE = r"\s\x1c-\x1f"
STORABLE = Matching(r"^[^\x00]*$", "Text may not hold the character U+0000.")
FILLED = Matching(rf"^[^\x00]*[^{SPACE}\x00][^\x00]*$", "This may not be empty.")
WEB_ADDRESS = Matching(rf"^(https?://[^{SPACE}\x00]+)?$", "This must be a web address: https:// and so on.")

Stripped = Annotated[str, StringConstraints(strip_whitespace=True)]
Text = Annotated[Stripped, STORABLE]
Line = Annotated[Text, Field(max_length=200)]
FilledLine = Annotated[Stripped, FILLED, Field(min_length=1, max_length=200)]
Date = Annotated[date, BeforeValidator(iso_date)]
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
