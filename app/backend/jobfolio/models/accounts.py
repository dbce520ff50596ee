"""Who may sign in, and how they present themselves."""

from datetime import datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    func,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Identified, Stamped, Versioned, length


class AuthUser(Identified, Stamped, Base):
    """An account. Everything else belongs to one and goes with it."""

    __tablename__ = "auth_users"
    __table_args__ = (
        length("email", 254),  # RFC 5321, 4.5.3.1.3: a path holds 256 octets with its angle brackets
        CheckConstraint("position('@' in email) > 1", name="email_has_at"),
        CheckConstraint("starts_with(password_hash, '$argon2id$')", name="password_hash_is_argon2id"),
    )

    email: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=true(), default=True)
    # Part of every session cookie: raising it signs out every browser that holds an older one.
    session_version: Mapped[int] = mapped_column(Integer, server_default=text("1"), default=1)
    last_login_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    profile: Mapped["UserProfile"] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )


# People type their address in any case; two accounts that differ by case alone would be one person locked out.
EMAIL_INDEX = Index("uq_auth_users_lower_email", func.lower(AuthUser.email), unique=True)


class UserProfile(Stamped, Versioned, Base):
    """One to one with the account, whose key is its key."""

    __tablename__ = "user_profiles"
    __table_args__ = (
        length("full_name", 200),
        length("headline", 200),
        length("location", 200),
        length("phone", 40),
        length("website", 500),
        length("summary", 10_000),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("auth_users.id", ondelete="CASCADE"), primary_key=True)
    full_name: Mapped[str] = mapped_column(Text, server_default="")
    headline: Mapped[str] = mapped_column(Text, server_default="")
    location: Mapped[str] = mapped_column(Text, server_default="")
    phone: Mapped[str] = mapped_column(Text, server_default="")
    website: Mapped[str] = mapped_column(Text, server_default="")
    summary: Mapped[str] = mapped_column(Text, server_default="")

    user: Mapped[AuthUser] = relationship(back_populates="profile")
