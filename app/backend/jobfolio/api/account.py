"""The account itself: its password, a copy of everything in it, its end."""

from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Response, stream_with_context
from sqlalchemy import delete, update

from ..database import db
from ..export import archive
from ..models import AuthUser
from ..openapi import file_response
from ..passwords import hash_password, verify_password
from ..problems import ProblemError
from ..schemas.accounts import AccountDeletion, PasswordChange
from ..sessions import current_user, not_signed_in, require_user, sign_in, sign_out

account = APIBlueprint("account", __name__, url_prefix="/account")
account.before_request(require_user)


@account.post("/password")
@account.input(PasswordChange)
@account.output({}, status_code=HTTPStatus.NO_CONTENT)
def change_password(json_data: PasswordChange) -> str:
    """Change the password, which signs out every other browser."""
    user_id, seen = confirm_password(json_data.current_password)
    new = {
        AuthUser.password_hash: hash_password(json_data.new_password),
        AuthUser.session_version: AuthUser.session_version + 1,
    }
    # Only from the state that was confirmed: of two changes at once, the later one has an outdated password.
    changed = db.session.scalar(
        update(AuthUser).where(AuthUser.id == user_id, AuthUser.session_version == seen).values(new).returning(AuthUser)
    )
    if changed is None:
        raise not_signed_in()
    db.session.commit()
    sign_in(changed)
    return ""


@account.get("/export")
@account.doc(responses=file_response("The archive", "application/zip"))
def export_account() -> Response:
    """Download everything: data.json, and every document as a file."""
    name = {"Content-Disposition": "attachment; filename=jobfolio.zip"}
    return Response(stream_with_context(archive()), mimetype="application/zip", headers=name)


@account.post("/deletion")
@account.input(AccountDeletion)
@account.output({}, status_code=HTTPStatus.NO_CONTENT)
def delete_account(json_data: AccountDeletion) -> str:
    """Delete the account and everything in it, for good."""
    user_id, _ = confirm_password(json_data.password)
    db.session.execute(delete(AuthUser).where(AuthUser.id == user_id))
    db.session.commit()
    sign_out()
    return ""


def confirm_password(password: str) -> tuple[int, int]:
    """Refuse the request unless the password is right; gives the account's key and session version."""
    user = current_user()
    user_id, stored, version = user.id, user.password_hash, user.session_version
    # The hash takes tens of milliseconds: no connection is held meanwhile.
    db.session.rollback()
    if not verify_password(stored, password):
        raise ProblemError(HTTPStatus.FORBIDDEN, "wrong-password", "The password is wrong.")
    return user_id, version
