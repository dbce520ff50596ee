"""The schema: six tables, all of which hang on an account."""

from .accounts import EMAIL_INDEX, AuthUser, UserProfile
from .base import LARGEST_KEY, Base, Owned
from .history import EducationHistory, WorkHistory
from .postings import LARGEST_DOCUMENT, DocumentType, JobPosting, PostingStatus, ResumeDocument

__all__ = [
    "EMAIL_INDEX",
    "LARGEST_DOCUMENT",
    "LARGEST_KEY",
    "AuthUser",
    "Base",
    "DocumentType",
    "EducationHistory",
    "JobPosting",
    "Owned",
    "PostingStatus",
    "ResumeDocument",
    "UserProfile",
    "WorkHistory",
]
