"""What the next release serves: profiles with a column that the schema of the release before has not got."""

from jobfolio.models import UserProfile
from sqlalchemy import Column, Table, Text, inspect

pronouns = Column("pronouns", Text, default="")
table = UserProfile.__table__
assert isinstance(table, Table)
table.append_column(pronouns)
inspect(UserProfile).add_property("pronouns", pronouns)

from jobfolio.wsgi import app  # noqa: E402  the application is made with the column

__all__ = ["app"]
