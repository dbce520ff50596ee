"""Résumé documents."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from ..models import DocumentType
from .base import Answer, Body, EntityTag, FilledLine, Key, Moment, Page, PageQuery


class DocumentUpload(Body):
    """What to call an uploaded file, and the posting that it is tailored to."""

    name: FilledLine
    job_posting_id: Key | None = None

    @field_validator("name")
    @classmethod
    def _file_name(cls, name: str) -> str:
        if not name.isprintable() or set(name) & set('/\\:*?"<>|'):
            raise PydanticCustomError("name", 'A name may not hold control characters or any of / \\ : * ? " < > |.')
        return name


class DocumentIn(Body):
    """The posting that a document is tailored to; null for none."""

    job_posting_id: Key | None


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
