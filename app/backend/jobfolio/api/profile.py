"""The signed-in person's profile."""

from typing import Any

from apiflask import APIBlueprint

from ..database import db
from ..schemas import Profile, ProfileIn
from ..sessions import current_user, require_user

profile = APIBlueprint("profile", __name__, url_prefix="/profile")
profile.before_request(require_user)


@profile.get("")
@profile.output(Profile)
def read_profile() -> dict[str, Any]:
    """Read one's own profile."""
    return Profile.of(current_user().profile)


@profile.put("")
@profile.input(ProfileIn)
@profile.output(Profile)
def replace_profile(json_data: ProfileIn) -> dict[str, Any]:
    """Replace one's own profile."""
    stored = current_user().profile
    for member, value in json_data:
        setattr(stored, member, value)
    db.session.commit()
    return Profile.of(stored)
