"""The signed-in person's profile."""

from apiflask import APIBlueprint
from sqlalchemy import select

from ..database import db
from ..models import UserProfile
from ..ownership import check_precondition
from ..schemas.accounts import Profile, ProfileIn
from ..sessions import current_user, current_user_id, require_user
from .crud import TaggedAnswer, saved, tagged

profile = APIBlueprint("profile", __name__, url_prefix="/profile")
profile.before_request(require_user)


@profile.get("")
@profile.output(Profile)
def read_profile() -> TaggedAnswer:
    """Read one's own profile."""
    return tagged(current_user().profile, Profile)


@profile.put("")
@profile.input(ProfileIn)
@profile.output(Profile)
def replace_profile(json_data: ProfileIn) -> TaggedAnswer:
    """Replace one's own profile."""
    mine = select(UserProfile).where(UserProfile.user_id == current_user_id()).with_for_update()
    stored = db.session.scalars(mine).one()
    check_precondition(stored)
    for member, value in json_data:
        setattr(stored, member, value)
    return saved(stored, Profile)
