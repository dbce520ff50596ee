"""The signed-in person's profile."""

from __future__ import annotations

from apiflask import APIBlueprint

from ..database import db
from ..models import UserProfile
from ..schemas import Profile, ProfileIn
from ..sessions import current_user, require_user

profile = APIBlueprint("profile", __name__, url_prefix="/profile")
profile.before_request(require_user)


@profile.get("")
@profile.output(Profile)
def read_profile() -> UserProfile:
    """Read one's own profile."""
    return current_user().profile


@profile.put("")
@profile.input(ProfileIn)
@profile.output(Profile)
def replace_profile(json_data: ProfileIn) -> UserProfile:
    """Replace one's own profile."""
    stored = current_user().profile
    for member, value in json_data:
        setattr(stored, member, value)
    db.session.commit()
    return stored
