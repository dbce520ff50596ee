"""Everything that an account holds, as one zip archive that is written while it is sent."""

import json
from collections.abc import Iterator
from io import RawIOBase
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from .contents import ContentGoneError, slices
from .database import db
from .models import AuthUser, Base, DocumentType, EducationHistory, JobPosting, Owned, ResumeDocument, WorkHistory
from .ownership import Row, mine
from .schemas.accounts import Profile, User
from .schemas.base import Answer
from .schemas.documents import Document
from .schemas.history import Education, Work
from .schemas.postings import Posting
from .sessions import current_user_id

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

LISTS: dict[str, tuple[type[Owned], type[Answer]]] = {
    "education": (EducationHistory, Education),
    "work": (WorkHistory, Work),
    "postings": (JobPosting, Posting),
    "documents": (ResumeDocument, Document),
}
BATCH = 200  # rows


class Outbox(RawIOBase):
    """A file that is written at its end only, and emptied by whoever sends it on."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        """Tell ZipFile that it may write."""
        return True

    def write(self, data: "ReadableBuffer") -> int:
        """Take some bytes."""
        self._chunks.append(bytes(data))
        return len(self._chunks[-1])

    def take(self) -> bytes:
        """Give what was written since the last time."""
        taken, self._chunks = b"".join(self._chunks), []
        return taken


def archive() -> Iterator[bytes]:
    """Write the archive of the person who is signed in, piece by piece.

    Memory holds one slice of a document or one batch of rows at a time, and no transaction stays open while bytes are
    on their way. data.json comes last and names the documents that the archive really has, without one that was
    deleted meanwhile.
    """
    outbox = Outbox()
    keys = db.session.scalars(mine(ResumeDocument).with_only_columns(ResumeDocument.id).order_by(ResumeDocument.id))
    files: dict[int, str] = {}
    with ZipFile(outbox, "w") as packed:
        for key in keys.all():
            row = db.session.scalar(mine(ResumeDocument).where(ResumeDocument.id == key))
            if row is None:
                continue
            files[key] = f"documents/{key}-v{row.version}-{row.name}"
            entry = ZipInfo(files[key])
            # All but plain text is compressed by itself.
            entry.compress_type = ZIP_DEFLATED if row.content_type == DocumentType.PLAIN else ZIP_STORED
            try:
                with packed.open(entry, "w") as file:
                    for piece in slices(row):
                        file.write(piece)
                        yield outbox.take()
            except ContentGoneError:
                del files[key]  # what was sent of it stays, and data.json does not name it
        entry = ZipInfo("data.json")
        entry.compress_type = ZIP_DEFLATED
        with packed.open(entry, "w") as data:
            for part in everything(files):
                data.write(part.encode())
                yield outbox.take()
    yield outbox.take()


def everything(files: dict[int, str]) -> Iterator[str]:
    """Give all that is known of the account as pieces of one JSON object; a document with the name of its file."""
    user = db.session.get_one(AuthUser, current_user_id())
    account = {"account": shown(User, user), "profile": shown(Profile, user.profile)}
    yield dump(account).removesuffix("}")
    for name, (model, answer) in LISTS.items():
        yield f', "{name}": ['
        between = ""
        for row in rows(model):
            told = shown(answer, row)
            if isinstance(row, ResumeDocument):
                if row.id not in files:
                    continue
                told["file"] = files[row.id]
            yield between + dump(told)
            between = ",\n"
        yield "]"
    yield "}"


def rows(model: type[Row]) -> Iterator[Row]:
    """Read one's own rows in batches, each in a transaction of its own."""
    last = 0
    while batch := db.session.scalars(mine(model).where(model.id > last).order_by(model.id).limit(BATCH)).all():
        last = batch[-1].id
        db.session.expunge_all()
        db.session.rollback()
        yield from batch


def shown(answer: type[Answer], row: Base) -> dict[str, Any]:
    """Give a row as the API shows it, without the tag that only an edit needs."""
    return answer.of(row).model_dump(mode="json", exclude={"etag"})


def dump(value: object) -> str:
    """Write a value as JSON that people can read in any editor."""
    return json.dumps(value, ensure_ascii=False)
