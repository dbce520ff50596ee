"""Initial schema.

Revision ID: 278e545d1a40
Revises:
Create Date: 2026-11-22 10:14
"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "278e545d1a40"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "auth_users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("session_version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "starts_with(password_hash, '$argon2id$')",
            name=op.f("ck_auth_users_password_hash_is_argon2id"),
        ),
        sa.CheckConstraint("position('@' in email) > 1", name=op.f("ck_auth_users_email_has_at")),
        sa.CheckConstraint("char_length(email) <= 254", name=op.f("ck_auth_users_email_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_users")),
    )
    op.create_index(
        "uq_auth_users_lower_email",
        "auth_users",
        [sa.literal_column("lower(email)")],
        unique=True,
    )
    op.create_table(
        "education_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("school", sa.Text(), nullable=False),
        sa.Column("degree", sa.Text(), server_default="", nullable=False),
        sa.Column("field_of_study", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "char_length(degree) <= 200",
            name=op.f("ck_education_history_degree_length"),
        ),
        sa.CheckConstraint(
            "char_length(description) <= 10000",
            name=op.f("ck_education_history_description_length"),
        ),
        sa.CheckConstraint(
            "char_length(field_of_study) <= 200",
            name=op.f("ck_education_history_field_of_study_length"),
        ),
        sa.CheckConstraint(
            "char_length(school) BETWEEN 1 AND 200",
            name=op.f("ck_education_history_school_length"),
        ),
        sa.CheckConstraint(
            "end_date >= start_date",
            name=op.f("ck_education_history_end_date_after_start_date"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_users.id"],
            name=op.f("fk_education_history_user_id_auth_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_education_history")),
    )
    op.create_index(
        op.f("ix_education_history_user_id_start_date"),
        "education_history",
        ["user_id", "start_date"],
        unique=False,
    )
    op.create_table(
        "job_postings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.Column("link", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="saved", nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('saved', 'applied', 'interviewing', 'offered', 'rejected')",
            name=op.f("ck_job_postings_status_known"),
        ),
        sa.CheckConstraint(
            "char_length(company) BETWEEN 1 AND 200",
            name=op.f("ck_job_postings_company_length"),
        ),
        sa.CheckConstraint(
            "char_length(description) <= 20000",
            name=op.f("ck_job_postings_description_length"),
        ),
        sa.CheckConstraint("char_length(link) <= 2000", name=op.f("ck_job_postings_link_length")),
        sa.CheckConstraint("char_length(location) <= 200", name=op.f("ck_job_postings_location_length")),
        sa.CheckConstraint(
            "char_length(title) BETWEEN 1 AND 200",
            name=op.f("ck_job_postings_title_length"),
        ),
        sa.CheckConstraint(
            "closes_on >= posted_on",
            name=op.f("ck_job_postings_closes_on_after_posted_on"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_users.id"],
            name=op.f("fk_job_postings_user_id_auth_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_postings")),
        sa.UniqueConstraint("id", "user_id", name=op.f("uq_job_postings_id_user_id")),
    )
    op.create_index(
        op.f("ix_job_postings_user_id_status_updated_at"),
        "job_postings",
        ["user_id", "status", "updated_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_job_postings_user_id_updated_at"),
        "job_postings",
        ["user_id", "updated_at"],
        unique=False,
    )
    op.create_table(
        "user_profiles",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("full_name", sa.Text(), server_default="", nullable=False),
        sa.Column("headline", sa.Text(), server_default="", nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("website", sa.Text(), server_default="", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "char_length(full_name) <= 200",
            name=op.f("ck_user_profiles_full_name_length"),
        ),
        sa.CheckConstraint(
            "char_length(headline) <= 200",
            name=op.f("ck_user_profiles_headline_length"),
        ),
        sa.CheckConstraint(
            "char_length(location) <= 200",
            name=op.f("ck_user_profiles_location_length"),
        ),
        sa.CheckConstraint("char_length(phone) <= 40", name=op.f("ck_user_profiles_phone_length")),
        sa.CheckConstraint(
            "char_length(summary) <= 10000",
            name=op.f("ck_user_profiles_summary_length"),
        ),
        sa.CheckConstraint("char_length(website) <= 500", name=op.f("ck_user_profiles_website_length")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_users.id"],
            name=op.f("fk_user_profiles_user_id_auth_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_profiles")),
    )
    op.create_table(
        "work_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "char_length(company) BETWEEN 1 AND 200",
            name=op.f("ck_work_history_company_length"),
        ),
        sa.CheckConstraint(
            "char_length(description) <= 10000",
            name=op.f("ck_work_history_description_length"),
        ),
        sa.CheckConstraint("char_length(location) <= 200", name=op.f("ck_work_history_location_length")),
        sa.CheckConstraint(
            "char_length(title) BETWEEN 1 AND 200",
            name=op.f("ck_work_history_title_length"),
        ),
        sa.CheckConstraint(
            "end_date >= start_date",
            name=op.f("ck_work_history_end_date_after_start_date"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_users.id"],
            name=op.f("fk_work_history_user_id_auth_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_history")),
    )
    op.create_index(
        op.f("ix_work_history_user_id_start_date"),
        "work_history",
        ["user_id", "start_date"],
        unique=False,
    )
    op.create_table(
        "resume_documents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "content_type IN ('application/pdf',"
            " 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',"
            " 'application/vnd.oasis.opendocument.text', 'text/plain')",
            name=op.f("ck_resume_documents_content_type_known"),
        ),
        sa.CheckConstraint(
            "char_length(name) BETWEEN 1 AND 200",
            name=op.f("ck_resume_documents_name_length"),
        ),
        sa.CheckConstraint(
            "octet_length(content) = size_bytes",
            name=op.f("ck_resume_documents_size_bytes_true"),
        ),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_resume_documents_sha256_length")),
        sa.CheckConstraint(
            "size_bytes BETWEEN 1 AND 10485760",
            name=op.f("ck_resume_documents_size_bytes_limit"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_resume_documents_version_positive")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_users.id"],
            name=op.f("fk_resume_documents_user_id_auth_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resume_documents")),
        sa.UniqueConstraint(
            "user_id",
            "name",
            "version",
            name=op.f("uq_resume_documents_user_id_name_version"),
        ),
        sa.UniqueConstraint("user_id", "sha256", name=op.f("uq_resume_documents_user_id_sha256")),
    )


def downgrade() -> None:
    op.drop_table("resume_documents")
    op.drop_table("work_history")
    op.drop_table("user_profiles")
    op.drop_table("job_postings")
    op.drop_table("education_history")
    op.drop_table("auth_users")
