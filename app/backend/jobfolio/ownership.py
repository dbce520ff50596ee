"""Rows of the person who is signed in; everybody else's are as good as absent."""

from http import HTTPStatus
from typing import Any, TypeVar

from flask import request
from sqlalchemy import ColumnExpressionArgument, Select, func, select

from .database import db
from .models import LARGEST_KEY, AuthUser, EducationHistory, JobPosting, Owned, ResumeDocument, UserProfile, WorkHistory
from .problems import ProblemError
from .schemas.base import PageQuery
from .sessions import current_user_id, not_signed_in

Row = TypeVar("Row", bound=Owned)

# So that one account can neither fill the disk nor make its own lists unusable.
MOST_ROWS: dict[type[Owned], int] = {EducationHistory: 200, WorkHistory: 200, JobPosting: 10_000, ResumeDocument: 100}


def mine(model: type[Row]) -> Select[Row]:
    """Select one's own rows."""
    return select(model).where(model.user_id == current_user_id())


def find(model: type[Row], key: int) -> Row:
    """Give one's own row. Raises a 404 problem alike for one that is not there and one of somebody else."""
    return _only(mine(model).where(model.id == key), key)


def find_to_edit(model: type[Row], key: int) -> Row:
    """Give one's own row, locked until the transaction ends, if it is as the request's If-Match says."""
    row = _only(mine(model).where(model.id == key).with_for_update(), key)
    check_precondition(row)
    return row


def _only(query: Select[Row], key: int) -> Row:
    # A number that no key can be would make Postgres refuse the query.
    row = db.session.scalar(query) if key <= LARGEST_KEY else None
    if row is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "not-found", "There is no such thing, or it is not yours.")
    return row


def check_precondition(row: Owned | UserProfile) -> None:
    """Refuse to overwrite or delete what was changed meanwhile (RFC 9110, 13.1.1; RFC 6585, 3 where it is not said)."""
    if request.headers.get("If-Match") is None:
        if request.method == "DELETE":
            return
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED,
            "precondition-required",
            "Say with If-Match which state you edit: send the etag that you read, or * for whichever it is.",
        )
    if row.etag.strip('"') not in request.if_match:
        raise ProblemError(
            HTTPStatus.PRECONDITION_FAILED,
            "changed-meanwhile",
            "This was changed since you opened it. Load it again, and make your change to that.",
            {"ETag": row.etag},
        )


def lock_account() -> None:
    """Let no other request add anything to the account until the transaction ends."""
    account = select(AuthUser.id).where(AuthUser.id == current_user_id()).with_for_update(key_share=True)
    if db.session.scalar(account) is None:
        raise not_signed_in()


def make_room(model: type[Owned]) -> None:
    """Refuse a row beyond the most that an account may have; of two at once only one takes the last place."""
    lock_account()
    most = MOST_ROWS[model]
    if count(select(model.id).where(model.user_id == current_user_id()).limit(most)) >= most:
        raise ProblemError(
            HTTPStatus.CONFLICT, "limit-reached", f"An account holds at most {most:,} of these: delete some first."
        )


def page(query: Select[Row], asked: PageQuery, *order: ColumnExpressionArgument[Any]) -> dict[str, Any]:
    """Give the part of a list that was asked for, and the length of the whole."""
    rows = query.order_by(*order).limit(asked.per_page).offset((asked.page - 1) * asked.per_page)
    return {
        "page": asked.page,
        "per_page": asked.per_page,
        "total": count(query),
        "items": db.session.scalars(rows).all(),
    }


def count(query: Select[Any]) -> int:
    """Count the rows of a query."""
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
