"""Let people say their pronouns.

Revision ID: 5a0c1f6e9b21
Revises: 2b185d7a7048
Create Date: 2026-11-25 04:00
"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "5a0c1f6e9b21"
down_revision = "2b185d7a7048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_profiles", sa.Column("pronouns", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("user_profiles", "pronouns")
