"""Openings a person follows, and the documents they send."""

from datetime import date
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from .base import Owned, Stamped, Versioned, length, ordered


class PostingStatus(StrEnum):
    """How far an application has come."""

    SAVED = "saved"
    APPLIED = "applied"
    INTERVIEWING = "interviewing"
    OFFERED = "offered"
    REJECTED = "rejected"


class DocumentType(StrEnum):
    """What may be stored as a résumé."""

    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    ODT = "application/vnd.oasis.opendocument.text"
    PLAIN = "text/plain"


LARGEST_DOCUMENT = 10 * 1024 * 1024  # bytes


def one_of(column: str, choices: type[StrEnum]) -> CheckConstraint:
    """Restrict a text column to an enumeration: a check is changed in one transaction, a Postgres enum type is not."""
    listed = ", ".join(f"'{choice.value}'" for choice in choices)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class JobPosting(Versioned, Stamped, Owned):
    """An opening, as far as its owner has taken it."""

    __tablename__ = "job_postings"
    __table_args__ = (
        length("company", 200, shortest=1),
        length("title", 200, shortest=1),
        length("location", 200),
        length("link", 2_000),
        length("description", 20_000),
        one_of("status", PostingStatus),
        ordered("posted_on", "closes_on"),
        # What a document's posting is matched against: the posting and its owner.
        UniqueConstraint("id", "user_id"),
        Index(None, "user_id", "status", "updated_at"),  # the board: one person's, by status
        Index(None, "user_id", "updated_at"),  # the list: one person's, latest first
    )

    company: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text, server_default="")
    link: Mapped[str] = mapped_column(Text, server_default="")
    description: Mapped[str] = mapped_column(Text, server_default="")
    status: Mapped[str] = mapped_column(Text, server_default=PostingStatus.SAVED.value)
    posted_on: Mapped[date | None] = mapped_column(Date)
    closes_on: Mapped[date | None] = mapped_column(Date)
    applied_on: Mapped[date | None] = mapped_column(Date)


class ResumeDocument(Stamped, Owned):
    """A file kept in the database, so that a backup of it is a backup of everything."""

    __tablename__ = "resume_documents"
    __table_args__ = (
        length("name", 200, shortest=1),
        one_of("content_type", DocumentType),
        CheckConstraint(f"size_bytes BETWEEN 1 AND {LARGEST_DOCUMENT}", name="size_bytes_limit"),
        CheckConstraint("octet_length(content) = size_bytes", name="size_bytes_true"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256_length"),
        CheckConstraint("version >= 1", name="version_positive"),
        UniqueConstraint("user_id", "sha256"),  # the same bytes uploaded twice are one document
        UniqueConstraint("user_id", "name", "version"),
        # The owner is part of the reference, so that no document can point at another person's posting.
        ForeignKeyConstraint(
            ["job_posting_id", "user_id"],
            ["job_postings.id", "job_postings.user_id"],
            ondelete="SET NULL (job_posting_id)",
        ),
        Index(None, "job_posting_id", "user_id"),
    )

    job_posting_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    # Megabytes: read only where the file itself is wanted.
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    @property
    def etag(self) -> str:
        """Give the entity tag: all that can change of a document is where it points."""
        return f'"{self.job_posting_id or 0}"'
