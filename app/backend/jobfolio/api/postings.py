"""Job postings: openings that a person follows, from saved to offered or rejected."""

from datetime import UTC, datetime
from typing import Any

from apiflask import APIBlueprint
from sqlalchemy import func
from sqlalchemy.orm import defer

from ..models import JobPosting, PostingStatus
from ..ownership import find_to_edit, mine, page
from ..schemas.postings import Posting, PostingIn, PostingMove, PostingPage, PostingQuery
from ..sessions import require_user
from .crud import TaggedAnswer, add_crud, saved

postings = APIBlueprint("postings", __name__, url_prefix="/postings")
postings.before_request(require_user)
add_crud(postings, JobPosting, PostingIn, Posting)

SEARCHED = func.concat_ws(" ", JobPosting.company, JobPosting.title, JobPosting.location, JobPosting.description)


@postings.get("")
@postings.input(PostingQuery, location="query")
@postings.output(PostingPage)
def list_postings(query_data: PostingQuery) -> dict[str, Any]:
    """List one's postings, latest change first."""
    query = mine(JobPosting).options(defer(JobPosting.description))
    if query_data.status:
        query = query.where(JobPosting.status == query_data.status)
    for word in query_data.search.split():
        # What LIKE takes for a wildcard is a character like any other to people.
        query = query.where(SEARCHED.icontains(word, autoescape=True))
    return page(query, query_data, JobPosting.updated_at.desc(), JobPosting.id.desc())


@postings.put("/<int:key>/status")
@postings.input(PostingMove)
@postings.output(Posting)
def move_posting(key: int, json_data: PostingMove) -> TaggedAnswer:
    """Say how far an application has come; the first time it is applied for, the day is noted."""
    row = find_to_edit(JobPosting, key)
    row.status = json_data.status
    if row.applied_on is None and json_data.status is not PostingStatus.SAVED:
        row.applied_on = json_data.applied_on or datetime.now(UTC).date()
    return saved(row, Posting)
