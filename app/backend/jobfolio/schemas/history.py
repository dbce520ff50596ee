"""Education and work: periods, of which the last may still go on."""

from datetime import date
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from .base import Answer, Body, Date, EntityTag, FilledLine, Line, Moment, Page, Text, not_before


class Period(Body):
    """From when to when; no end means still going on."""

    start_date: Date
    end_date: Date | None = None

    @field_validator("end_date")
    @classmethod
    def _ends_after_it_starts(cls, end: date | None, info: ValidationInfo) -> date | None:
        return not_before("start_date", "the start", end, info)


class EducationIn(Period):
    """A school, a course, a degree."""

    school: FilledLine
    degree: Line = ""
    field_of_study: Line = ""
    description: Annotated[Text, Field(max_length=10_000)] = ""


class Education(Answer):
    """An entry as stored."""

    id: int
    school: str
    degree: str
    field_of_study: str
    description: str
    start_date: date
    end_date: date | None
    updated_at: Moment
    etag: EntityTag


class EducationPage(Page):
    """One's education, newest first."""

    items: list[Education]


class WorkIn(Period):
    """A position held."""

    company: FilledLine
    title: FilledLine
    location: Line = ""
    description: Annotated[Text, Field(max_length=10_000)] = ""


class Work(Answer):
    """An entry as stored."""

    id: int
    company: str
    title: str
    location: str
    description: str
    start_date: date
    end_date: date | None
    updated_at: Moment
    etag: EntityTag


class WorkPage(Page):
    """One's positions, newest first."""

    items: list[Work]
