"""Résumé documents."""

from typing import Annotated

from pydantic import Field, field_validator

from ..models import DocumentType
from .base import Answer, Body, EntityTag, Key, Matching, Moment, Page, PageQuery, Stripped

# What no operating system takes in a file's name, and what makes one read backwards (Unicode's UAX 9).
BARRED = r'\x00-\x1f\x7f-\x9f/\\:*?"<>|\u202a-\u202e\u2066-\u2069'
FILE_NAME = Matching(
    rf"^[^{BARRED}]*[^\s{BARRED}][^{BARRED}]*$",
    'A name may not be empty, nor hold control characters or any of / \\ : * ? " < > |.',
)


class DocumentUpload(Body):
    """What to call an uploaded file, and the posting that it is tailored to."""

    name: Annotated[Stripped, FILE_NAME, Field(min_length=1, max_length=200)]
    job_posting_id: Key | None = None


class DocumentIn(Body):
    """The posting that a document is tailored to; null for none."""

    job_posting_id: Annotated[Key, Field(strict=True)] | None


class DocumentQuery(PageQuery):
    """Which documents: all, or those tailored to one posting."""

    job_posting_id: Key | None = None


class Document(Answer):
    """A document as stored, without the file itself."""

    id: int
    name: str
    version: Annotated[int, Field(description="Counts the files that were uploaded under this name.")]
    content_type: DocumentType
    size_bytes: int
    sha256: str
    job_posting_id: int | None
    created_at: Moment
    updated_at: Moment
    etag: EntityTag

    @field_validator("sha256", mode="before")
    @classmethod
    def _in_hexadecimal(cls, digest: bytes | str) -> str:
        return digest.hex() if isinstance(digest, bytes) else digest


class DocumentPage(Page):
    """One's documents, latest first."""

    items: list[Document]
