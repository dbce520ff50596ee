"""What a person has learnt and where they have worked."""

from datetime import date

from sqlalchemy import Date, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Owned, Stamped, Versioned, length, ordered


class EducationHistory(Versioned, Stamped, Owned):
    """A school, a course, a degree; no end date means still going on."""

    __tablename__ = "education_history"
    __table_args__ = (
        length("school", 200, shortest=1),
        length("degree", 200),
        length("field_of_study", 200),
        length("description", 10_000),
        ordered("start_date", "end_date"),
        Index(None, "user_id", "start_date"),  # lists are one person's, newest first
    )

    school: Mapped[str] = mapped_column(Text)
    degree: Mapped[str] = mapped_column(Text, server_default="")
    field_of_study: Mapped[str] = mapped_column(Text, server_default="")
    description: Mapped[str] = mapped_column(Text, server_default="")
    start_date: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date | None] = mapped_column(Date)


class WorkHistory(Versioned, Stamped, Owned):
    """A position held; no end date means still held."""

    __tablename__ = "work_history"
    __table_args__ = (
        length("company", 200, shortest=1),
        length("title", 200, shortest=1),
        length("location", 200),
        length("description", 10_000),
        ordered("start_date", "end_date"),
        Index(None, "user_id", "start_date"),  # lists are one person's, newest first
    )

    company: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text, server_default="")
    description: Mapped[str] = mapped_column(Text, server_default="")
    start_date: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date | None] = mapped_column(Date)
