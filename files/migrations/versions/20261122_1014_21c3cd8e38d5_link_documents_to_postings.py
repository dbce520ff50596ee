"""Link documents to postings.

Revision ID: 21c3cd8e38d5
Revises: 278e545d1a40
Create Date: 2026-11-22 10:14
"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "21c3cd8e38d5"
down_revision = "278e545d1a40"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("resume_documents", sa.Column("job_posting_id", sa.BigInteger()))
    # Not validated yet: the scan would happen under a lock that stops writers. The next revision does it.
    op.create_foreign_key(
        "fk_resume_documents_job_posting_id_user_id_job_postings",
        "resume_documents",
        "job_postings",
        ["job_posting_id", "user_id"],
        ["id", "user_id"],
        ondelete="SET NULL (job_posting_id)",
        postgresql_not_valid=True,
    )


def downgrade() -> None:
    op.drop_constraint("fk_resume_documents_job_posting_id_user_id_job_postings", "resume_documents")
    op.drop_column("resume_documents", "job_posting_id")
