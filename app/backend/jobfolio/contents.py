"""Files on their way out of the database: in slices, so that neither we nor libpq ever hold a whole one."""

from collections.abc import Iterator

from sqlalchemy import LargeBinary, func, select

from .database import db
from .models import ResumeDocument

SLICE = 1024 * 1024  # bytes


class ContentGoneError(RuntimeError):
    """The document was deleted while it was being sent; ends the answer short of its length."""


def slices(document: ResumeDocument) -> Iterator[bytes]:
    """Read a document's file piece by piece, each in a transaction of its own.

    No transaction stays open while bytes are on their way, however slowly. Nobody can change a file, only delete it:
    raises ContentGoneError then.
    """
    key, size = document.id, document.size_bytes
    for start in range(0, size, SLICE):
        piece = func.substr(ResumeDocument.content, start + 1, SLICE, type_=LargeBinary)
        content: bytes | None = db.session.scalar(select(piece).where(ResumeDocument.id == key))
        db.session.rollback()
        if content is None:
            raise ContentGoneError(f"document {key} was deleted while it was being sent")
        yield content
