"""Job postings."""

from datetime import date
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ..models import PostingStatus
from .base import Answer, Body, EntityTag, FilledLine, Line, Moment, Page, PageQuery, Text, not_before

MOST_WORDS = 8


class PostingIn(Body):
    """A whole posting; what is left out is empty."""

    company: FilledLine
    title: FilledLine
    location: Line = ""
    link: Annotated[Text, Field(max_length=2_000, pattern=r"^(https?://\S+)?$")] = ""
    description: Annotated[Text, Field(max_length=20_000)] = ""
    status: PostingStatus = PostingStatus.SAVED
    posted_on: date | None = None
    closes_on: date | None = None
    applied_on: date | None = None

    @field_validator("closes_on")
    @classmethod
    def _closes_after_it_was_posted(cls, closes: date | None, info: ValidationInfo) -> date | None:
        return not_before("posted_on", closes, info)


class PostingMove(Body):
    """Where an application stands now; `applied_on` is kept when it is set already."""

    status: PostingStatus
    applied_on: date | None = None


class PostingQuery(PageQuery):
    """Which postings: of one status, holding every word of a search in any of their texts."""

    status: PostingStatus | None = None
    search: Annotated[Text, Field(max_length=200)] = ""

    @field_validator("search")
    @classmethod
    def _few_words(cls, search: str) -> str:
        if len(search.split()) > MOST_WORDS:
            raise PydanticCustomError("words", "Search for at most {most} words.", {"most": MOST_WORDS})
        return search


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
