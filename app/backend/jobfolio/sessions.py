"""Who is signed in: a signed cookie that names the account and its session version."""

from http import HTTPStatus

from flask import g, session

from .database import db
from .models import AuthUser
from .problems import ProblemError


def sign_in(user: AuthUser) -> None:
    """Start a session; whatever the browser held before is dropped."""
    session.clear()
    session.permanent = True
    session["user_id"] = user.id
    session["session_version"] = user.session_version


def sign_out() -> None:
    """End the browser's session; the cookie is removed."""
    session.clear()


def require_user() -> None:
    """Refuse the request unless someone is signed in. Blueprints run it before each of their views."""
    user = db.session.get(AuthUser, session["user_id"]) if "user_id" in session else None
    if user is None or not user.is_active or user.session_version != session["session_version"]:
        raise not_signed_in()
    g.user, g.user_id = user, user.id


def not_signed_in() -> ProblemError:
    """Say that nobody is signed in, or not any more."""
    return ProblemError(HTTPStatus.UNAUTHORIZED, "not-signed-in", "Sign in first.")


def current_user_id() -> int:
    """Give the key of that account; asks no database, even after a transaction ended."""
    key: int = g.user_id
    return key


def current_user() -> AuthUser:
    """Give the account that `require_user` found."""
    user: AuthUser = g.user
    return user
