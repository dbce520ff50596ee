"""The next release's application: profiles have a column that the schema of the release before has not got."""

from jobfolio import create_app
from jobfolio.models import UserProfile
from sqlalchemy import Column, Table, Text, inspect

pronouns = Column("pronouns", Text, default="", nullable=False)
table = UserProfile.__table__
assert isinstance(table, Table)
table.append_column(pronouns)
inspect(UserProfile).add_property("pronouns", pronouns)

__all__ = ["create_app"]
