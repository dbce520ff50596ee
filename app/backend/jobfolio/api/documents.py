"""Résumé documents: files in the database, each stored once."""

import hashlib
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from apiflask import APIBlueprint
from flask import Response, request, stream_with_context, url_for
from sqlalchemy import func, select

from ..contents import slices
from ..database import db, expect_large_statement
from ..file_types import UnknownFileTypeError, tell_type
from ..models import LARGEST_DOCUMENT, DocumentType, JobPosting, ResumeDocument
from ..openapi import file_response
from ..ownership import find, find_to_edit, lock_account, make_room, mine, page
from ..problems import ProblemError, invalid
from ..request_guard import takes_files
from ..schemas.documents import Document, DocumentIn, DocumentPage, DocumentQuery, DocumentUpload
from ..sessions import current_user_id, require_user
from .crud import TaggedAnswer, saved, tagged

documents = APIBlueprint("documents", __name__, url_prefix="/documents")
documents.before_request(require_user)


@documents.get("")
@documents.input(DocumentQuery, location="query")
@documents.output(DocumentPage)
def list_documents(query_data: DocumentQuery) -> dict[str, Any]:
    """List one's documents, latest first."""
    query = mine(ResumeDocument)
    if query_data.job_posting_id:
        query = query.where(ResumeDocument.job_posting_id == query_data.job_posting_id)
    return page(query, query_data, ResumeDocument.created_at.desc(), ResumeDocument.id.desc())


@documents.post("")
@takes_files
@documents.input(DocumentUpload, location="query")
@documents.output(Document, status_code=HTTPStatus.CREATED)
def upload_document(query_data: DocumentUpload) -> TaggedAnswer:
    """Upload a file; 200 with the stored document where the same bytes are there already.

    The body is the file itself. What it is (PDF, DOCX, ODT or plain text in UTF-8) is told by its content.
    Another file under the same name is its next version.
    """
    content = read_file()
    try:
        content_type = tell_type(content)
    except UnknownFileTypeError as error:
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "file-type", str(error)) from None
    digest = hashlib.sha256(content).digest()
    lock_account()  # until the end: the same file may come twice at the same time
    if stored := db.session.scalar(mine(ResumeDocument).where(ResumeDocument.sha256 == digest)):
        if stored.job_posting_id is None:
            point_at(stored, query_data.job_posting_id)
        return saved(stored, Document)
    make_room(ResumeDocument)
    row = ResumeDocument(
        user_id=current_user_id(),
        name=query_data.name,
        version=next_version(query_data.name),
        content_type=content_type,
        size_bytes=len(content),
        sha256=digest,
        content=content,
    )
    point_at(row, query_data.job_posting_id)
    db.session.add(row)
    expect_large_statement()
    shown, _, headers = saved(row, Document)
    return shown, HTTPStatus.CREATED, headers | {"Location": url_for(".read_document", key=shown.id)}


@documents.get("/<int:key>")
@documents.output(Document)
def read_document(key: int) -> TaggedAnswer:
    """Read what is known of one."""
    return tagged(find(ResumeDocument, key), Document)


@documents.get("/<int:key>/content")
@documents.doc(responses=file_response("The file", *DocumentType))
def download_document(key: int) -> Response:
    """Read the file itself."""
    row = find(ResumeDocument, key)
    answer = Response(stream_with_context(slices(row)), content_type=row.content_type)
    answer.content_length = row.size_bytes
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"
    return answer


@documents.put("/<int:key>")
@documents.input(DocumentIn)
@documents.output(Document)
def point_document(key: int, json_data: DocumentIn) -> TaggedAnswer:
    """Say which posting a document is tailored to."""
    row = find_to_edit(ResumeDocument, key)
    point_at(row, json_data.job_posting_id)
    return saved(row, Document)


@documents.delete("/<int:key>")
@documents.output({}, status_code=HTTPStatus.NO_CONTENT)
def remove_document(key: int) -> str:
    """Remove one."""
    db.session.delete(find_to_edit(ResumeDocument, key))
    db.session.commit()
    return ""


def read_file() -> bytes:
    """Read the body, up to the size that a document may have."""
    db.session.rollback()  # no connection is held while the bytes come in
    request.max_content_length = LARGEST_DOCUMENT
    content = request.get_data(cache=False)
    if not content:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "empty-file", "The file is empty.")
    return content


def next_version(name: str) -> int:
    """Count on from the newest document of that name. The account must be locked."""
    newest = select(func.max(ResumeDocument.version)).where(
        ResumeDocument.user_id == current_user_id(), ResumeDocument.name == name
    )
    return (db.session.scalar(newest) or 0) + 1


def point_at(row: ResumeDocument, posting_id: int | None) -> None:
    """Point a document at one's own posting, which stays until the transaction ends, or at none."""
    if posting_id is not None:
        posting = mine(JobPosting).where(JobPosting.id == posting_id).with_for_update(read=True, key_share=True)
        if db.session.scalar(posting.with_only_columns(JobPosting.id)) is None:
            raise invalid("job_posting_id", "You have no such posting.")
    row.job_posting_id = posting_id
