"""Index documents by posting, and vouch for the link.

Revision ID: 2b185d7a7048
Revises: 21c3cd8e38d5
Create Date: 2026-11-22 10:16
"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "2b185d7a7048"
down_revision = "21c3cd8e38d5"
branch_labels = None
depends_on = None


INDEX = "ix_resume_documents_job_posting_id_user_id"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE resume_documents VALIDATE CONSTRAINT fk_resume_documents_job_posting_id_user_id_job_postings"
    )
    # Built while people keep writing; a build that was cut short leaves an invalid index behind, hence the drop.
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "resume_documents", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            INDEX,
            "resume_documents",
            ["job_posting_id", "user_id"],
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    # A constraint once validated stays so: it does no harm to the revision before.
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "resume_documents", postgresql_concurrently=True, if_exists=True)
