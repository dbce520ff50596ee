"""What every table shares: names for constraints, time stamps, bounded text."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from phased_migrations import NAMING_CONVENTION
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

LARGEST_KEY = 2**63 - 1  # bigint, Postgres manual, 8.1


class Base(DeclarativeBase):
    """Root of all models; knows nothing of Flask, so that scripts can read the schema alone."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Identified:
    """A surrogate key, handed out by the database alone."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, sort_order=-1)


class Owned(Identified, Base):
    """A row of one account, which takes it along when it is deleted."""

    __abstract__ = True

    user_id: Mapped[int] = mapped_column(ForeignKey("auth_users.id", ondelete="CASCADE"), sort_order=-1)

    if TYPE_CHECKING:  # each table has its own, see Versioned

        @property
        def etag(self) -> str:
            """Give the entity tag of this state (RFC 9110, 8.8.3)."""


class Stamped:
    """When a row was made and last changed, by the database's clock (UTC)."""

    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=2)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True),
        server_default=func.now(),
        onupdate=func.now(),
        sort_order=2,
    )


class Versioned:
    """Counts edits: an UPDATE that started from an older version finds no row and is refused by the mapper."""

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy calls it with the class
        """Name the counter to the mapper."""
        return {"version_id_col": cls.version}

    version: Mapped[int] = mapped_column(Integer, server_default=text("1"), sort_order=1)

    @property
    def etag(self) -> str:
        """Give the entity tag of this state (RFC 9110, 8.8.3)."""
        return f'"{self.version}"'


def length(column: str, longest: int, shortest: int = 0) -> CheckConstraint:
    """Bound a text column's length in characters; text with a check is easier to widen later than varchar."""
    bounds = f"<= {longest}" if not shortest else f"BETWEEN {shortest} AND {longest}"
    return CheckConstraint(f"char_length({column}) {bounds}", name=f"{column}_length")


def ordered(first: str, last: str) -> CheckConstraint:
    """Refuse a period that ends before it starts; open ends (NULL) pass."""
    return CheckConstraint(f"{last} >= {first}", name=f"{last}_after_{first}")
