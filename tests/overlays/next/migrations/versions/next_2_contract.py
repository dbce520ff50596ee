"""Let nobody's profile say nothing about pronouns, which the release before cannot promise.

Revision ID: 8d7e3b904c55
Revises: 5a0c1f6e9b21
Create Date: 2026-11-25 04:01
"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "8d7e3b904c55"
down_revision = "5a0c1f6e9b21"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE user_profiles SET pronouns = '' WHERE pronouns IS NULL")
    op.alter_column("user_profiles", "pronouns", nullable=False)


def downgrade() -> None:
    op.alter_column("user_profiles", "pronouns", nullable=True)
