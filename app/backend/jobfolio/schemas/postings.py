"""Job postings."""

from datetime import date
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from ..models import PostingStatus
from .base import (
    SPACE,
    WEB_ADDRESS,
    Answer,
    Body,
    Date,
    EntityTag,
    FilledLine,
    Line,
    Matching,
    Moment,
    Page,
    PageQuery,
    Stripped,
    Text,
    not_before,
)

WORD, BLANK = rf"[^{SPACE}\x00]+", f"[{SPACE}]"
FEW_WORDS = Matching(rf"^{BLANK}*({WORD}({BLANK}+{WORD}){{0,7}})?{BLANK}*$", "Search for at most 8 words.")


class PostingIn(Body):
    """A whole posting; what is left out is empty."""

    company: FilledLine
    title: FilledLine
    location: Line = ""
    link: Annotated[Stripped, WEB_ADDRESS, Field(max_length=2_000)] = ""
    description: Annotated[Text, Field(max_length=20_000)] = ""
    status: PostingStatus = PostingStatus.SAVED
    posted_on: Date | None = None
    closes_on: Date | None = None
    applied_on: Date | None = None

    @field_validator("closes_on")
    @classmethod
    def _closes_after_it_was_posted(cls, closes: date | None, info: ValidationInfo) -> date | None:
        return not_before("posted_on", "the day it was posted", closes, info)


class PostingMove(Body):
    """Where an application stands now; `applied_on` is kept when it is set already."""

    status: PostingStatus
    applied_on: Date | None = None


class PostingQuery(PageQuery):
    """Which postings: of one status, holding every word of a search in any of their texts."""

    status: PostingStatus | None = None
    search: Annotated[Stripped, FEW_WORDS, Field(max_length=200)] = ""


class PostingSummary(Answer):
    """A posting in a list: all but its description."""

    id: int
    company: str
    title: str
    location: str
    link: str
    status: PostingStatus
    posted_on: date | None
    closes_on: date | None
    applied_on: date | None
    updated_at: Moment
    etag: EntityTag


class Posting(PostingSummary):
    """A posting as stored."""

    description: str


class PostingPage(Page):
    """One's postings, latest change first."""

    items: list[PostingSummary]
