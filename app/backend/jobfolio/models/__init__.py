"""The schema: six tables, all of which hang on an account."""

from .accounts import EMAIL_INDEX, AuthUser, UserProfile
from .base import Base
from .history import EducationHistory, WorkHistory
from .postings import DocumentType, JobPosting, PostingStatus, ResumeDocument

__all__ = [
    "EMAIL_INDEX",
    "AuthUser",
    "Base",
    "DocumentType",
    "EducationHistory",
    "JobPosting",
    "PostingStatus",
    "ResumeDocument",
    "UserProfile",
    "WorkHistory",
]
