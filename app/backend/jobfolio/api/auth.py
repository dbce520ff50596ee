"""Accounts: sign up, log in, log out."""

from http import HTTPStatus

from apiflask import APIBlueprint
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from ..database import db
from ..models import EMAIL_INDEX, AuthUser, UserProfile
from ..passwords import hash_password, verify_password
from ..problems import ProblemError
from ..schemas.accounts import LogIn, SignUp, User
from ..schemas.base import Nothing
from ..sessions import current_user, require_user, sign_in, sign_out

auth = APIBlueprint("auth", __name__, url_prefix="/auth")


@auth.post("/sign-up")
@auth.input(SignUp)
@auth.output(User, status_code=HTTPStatus.CREATED)
def sign_up(json_data: SignUp) -> User:
    """Open an account with its profile, and sign in."""
    user = AuthUser(
        email=json_data.email,
        password_hash=hash_password(json_data.password),
        profile=UserProfile(full_name=json_data.full_name),
        last_login_at=func.now(),
    )
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError as error:
        # The index decides, not a query before: two sign-ups at once cannot both win.
        if str(EMAIL_INDEX.name) not in str(error.orig):
            raise
        db.session.rollback()
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "email-taken",
            "This e-mail address has an account already.",
        ) from None
    sign_in(user)
    return User.of(user)


@auth.post("/log-in")
@auth.input(LogIn)
@auth.output(User)
def log_in(json_data: LogIn) -> User:
    """Sign in; one answer for an unknown address, a wrong password and a closed account."""
    user = db.session.scalar(select(AuthUser).where(func.lower(AuthUser.email) == func.lower(json_data.email)))
    # The hash takes tens of milliseconds: no connection is held meanwhile.
    stored = user.password_hash if user else None
    db.session.rollback()
    if not verify_password(stored, json_data.password) or user is None or not user.is_active:
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "wrong-credentials",
            "E-mail address or password is wrong.",
        )
    user.last_login_at = func.now()
    db.session.commit()
    sign_in(user)
    return User.of(user)


@auth.post("/log-out")
@auth.input(Nothing, arg_name="_body")
@auth.output({}, status_code=HTTPStatus.NO_CONTENT)
def log_out(_body: Nothing) -> str:
    """Sign this browser out."""
    sign_out()
    return ""


@auth.get("/me")
@auth.output(User)
def me() -> User:
    """Say who is signed in."""
    require_user()
    return User.of(current_user())
