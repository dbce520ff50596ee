"""Migrations that claim to be expands and break the release that runs, and how to do the same in two phases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """What a release may want of the schema.

    Attributes:
        breaking: Statements that break the release before.
        expand: Those that it does not notice.
        contract: What they leave for later.
    """

    breaking: tuple[str, ...]
    expand: tuple[str, ...]
    contract: tuple[str, ...] = ()


# As one writes it above a statement that is safe all the same. The exercise has to notice where it is not.
EXCUSED = "-- squawk-ignore ban-drop-constraint\n"


def trigger(table: str, when: str, body: str) -> tuple[str, str]:
    """Make a trigger that runs for each row; the body's last statement is RETURN."""
    function = f"CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    return function, f"CREATE TRIGGER changed {when} ON {table} FOR EACH ROW EXECUTE FUNCTION changed()"


def statuses(*more: str) -> tuple[str, str]:
    """Say anew which statuses there are."""
    listed = ", ".join(f"'{status}'" for status in ("saved", "applied", "interviewing", "rejected", *more))
    return (
        f"{EXCUSED}ALTER TABLE job_postings DROP CONSTRAINT ck_job_postings_status_known",
        f"ALTER TABLE job_postings ADD CONSTRAINT ck_job_postings_status_known CHECK (status IN ({listed})) NOT VALID",
    )


HELD = "ALTER TABLE work_history ADD CONSTRAINT held FOREIGN KEY (user_id) REFERENCES auth_users (id)"
READABLE = "id, user_id, job_posting_id, name, content_type, size_bytes, sha256, version, created_at, updated_at"

CHANGES: dict[str, Change] = {
    "drop a column": Change(
        breaking=("ALTER TABLE user_profiles DROP COLUMN phone",),
        expand=("COMMENT ON COLUMN user_profiles.phone IS 'Not used any more.'",),
        contract=("ALTER TABLE user_profiles DROP COLUMN phone",),
    ),
    "drop a table": Change(
        breaking=("DROP TABLE education_history",),
        expand=("CREATE TABLE studies (LIKE education_history INCLUDING ALL)",),
        contract=("DROP TABLE education_history",),
    ),
    "rename a column": Change(
        breaking=("ALTER TABLE work_history RENAME COLUMN title TO position",),
        expand=(
            "ALTER TABLE work_history ADD COLUMN position text",
            *trigger("work_history", "BEFORE INSERT OR UPDATE", "NEW.position := NEW.title; RETURN NEW;"),
        ),
        contract=("DROP TRIGGER changed ON work_history", "ALTER TABLE work_history DROP COLUMN title"),
    ),
    "rename a table": Change(
        breaking=("ALTER TABLE job_postings RENAME TO postings",),
        expand=("CREATE VIEW postings WITH (security_invoker = true) AS SELECT * FROM job_postings",),
        contract=("DROP VIEW postings", "ALTER TABLE job_postings RENAME TO postings"),
    ),
    "make a nullable column obligatory": Change(
        breaking=("ALTER TABLE work_history ALTER COLUMN end_date SET NOT NULL",),
        expand=("ALTER TABLE work_history ADD COLUMN goes_on boolean NOT NULL DEFAULT false",),
        contract=("ALTER TABLE work_history ADD CONSTRAINT ends CHECK (goes_on OR end_date IS NOT NULL) NOT VALID",),
    ),
    "add an obligatory column without a default": Change(
        breaking=("ALTER TABLE user_profiles ADD COLUMN pronouns text NOT NULL",),
        expand=("ALTER TABLE user_profiles ADD COLUMN pronouns text",),
        contract=("ALTER TABLE user_profiles ALTER COLUMN pronouns SET NOT NULL",),
    ),
    "narrow a type": Change(
        breaking=("ALTER TABLE user_profiles ALTER COLUMN full_name TYPE varchar(50)",),
        expand=("ALTER TABLE user_profiles ADD COLUMN short_name text CHECK (char_length(short_name) <= 50)",),
        contract=("ALTER TABLE user_profiles DROP COLUMN full_name",),
    ),
    "check what old writes violate": Change(
        breaking=("ALTER TABLE user_profiles ADD CONSTRAINT dialled CHECK (phone ~ '^[+0-9 ]*$') NOT VALID",),
        expand=("ALTER TABLE user_profiles ADD CONSTRAINT dialled CHECK (char_length(phone) <= 100) NOT VALID",),
    ),
    "make unique what old writes repeat": Change(
        breaking=("CREATE UNIQUE INDEX CONCURRENTLY once ON work_history (user_id, company)",),
        expand=("CREATE INDEX CONCURRENTLY once ON work_history (user_id, company)",),
    ),
    "reference what old writes do not know": Change(
        breaking=(
            "CREATE TABLE companies (name text PRIMARY KEY)",
            "ALTER TABLE work_history ADD CONSTRAINT known FOREIGN KEY (company) REFERENCES companies NOT VALID",
        ),
        expand=(
            "CREATE TABLE companies (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)",
            "ALTER TABLE work_history ADD COLUMN company_id bigint",
            "ALTER TABLE work_history ADD CONSTRAINT known FOREIGN KEY (company_id) REFERENCES companies NOT VALID",
        ),
    ),
    "drop a default": Change(
        breaking=("ALTER TABLE user_profiles ALTER COLUMN headline DROP DEFAULT",),
        expand=("ALTER TABLE user_profiles ALTER COLUMN headline SET DEFAULT 'New here'",),
        contract=("ALTER TABLE user_profiles ALTER COLUMN headline DROP DEFAULT",),
    ),
    "revoke a privilege": Change(
        breaking=("REVOKE UPDATE ON job_postings FROM jobfolio_app",),
        expand=("REVOKE ALL ON job_postings FROM PUBLIC",),
    ),
    "refuse rows by a trigger": Change(
        breaking=trigger(
            "work_history",
            "BEFORE INSERT",
            "IF NEW.end_date IS NULL THEN RAISE EXCEPTION 'no end'; END IF; RETURN NEW;",
        ),
        expand=(
            "ALTER TABLE work_history ADD COLUMN ended boolean",
            *trigger("work_history", "BEFORE INSERT", "NEW.ended := NEW.end_date IS NOT NULL; RETURN NEW;"),
        ),
    ),
    "take a value from an enumeration": Change(
        breaking=statuses("withdrawn"),
        expand=statuses("offered", "withdrawn"),
        contract=statuses("withdrawn"),
    ),
    "drop a key's sequence": Change(
        breaking=("ALTER TABLE work_history ALTER COLUMN id DROP IDENTITY",),
        expand=("ALTER TABLE work_history ALTER COLUMN id SET GENERATED BY DEFAULT",),
    ),
    "secure rows without a policy": Change(
        breaking=("ALTER TABLE job_postings ENABLE ROW LEVEL SECURITY",),
        expand=(
            "CREATE POLICY everything ON job_postings TO jobfolio_app USING (true)",
            "ALTER TABLE job_postings ENABLE ROW LEVEL SECURITY",
        ),
    ),
    "make a column generated": Change(
        breaking=(
            "ALTER TABLE user_profiles DROP COLUMN headline",
            "ALTER TABLE user_profiles ADD COLUMN headline text GENERATED ALWAYS AS (left(summary, 200)) STORED",
        ),
        expand=(
            "ALTER TABLE user_profiles ADD COLUMN opening text",
            *trigger("user_profiles", "BEFORE INSERT OR UPDATE", "NEW.opening := left(NEW.summary, 9); RETURN NEW;"),
        ),
        contract=("ALTER TABLE user_profiles DROP COLUMN headline",),
    ),
    "drop an index that refuses what old code relies on": Change(
        breaking=("DROP INDEX CONCURRENTLY uq_auth_users_lower_email",),
        expand=("CREATE INDEX CONCURRENTLY ix_auth_users_email ON auth_users (email)",),
        contract=("DROP INDEX CONCURRENTLY uq_auth_users_lower_email",),
    ),
    "rename an index whose name old code reads": Change(
        breaking=("ALTER INDEX uq_auth_users_lower_email RENAME TO uq_auth_users_address",),
        expand=("CREATE UNIQUE INDEX CONCURRENTLY uq_auth_users_address ON auth_users (lower(email))",),
        contract=("DROP INDEX CONCURRENTLY uq_auth_users_lower_email",),
    ),
    "move a table to another schema": Change(
        breaking=("CREATE SCHEMA archive", "ALTER TABLE education_history SET SCHEMA archive"),
        expand=(
            "CREATE SCHEMA archive",
            "CREATE TABLE archive.education_history (LIKE education_history INCLUDING ALL)",
        ),
        contract=("DROP TABLE education_history",),
    ),
    "keep an account that has something": Change(
        breaking=(
            f"{EXCUSED}ALTER TABLE work_history DROP CONSTRAINT fk_work_history_user_id_auth_users",
            f"{HELD} ON DELETE RESTRICT NOT VALID",
        ),
        expand=(f"{HELD} ON DELETE CASCADE NOT VALID",),
        contract=("ALTER TABLE work_history DROP CONSTRAINT fk_work_history_user_id_auth_users",),
    ),
    "lose deletions by a trigger": Change(
        breaking=trigger("auth_users", "BEFORE DELETE", "RETURN NULL;"),
        expand=(
            "CREATE TABLE departures (user_id bigint PRIMARY KEY)",
            *trigger("auth_users", "AFTER DELETE", "INSERT INTO departures VALUES (OLD.id); RETURN NULL;"),
        ),
    ),
    "store something else than was written": Change(
        breaking=trigger("work_history", "BEFORE INSERT OR UPDATE", "NEW.title := upper(NEW.title); RETURN NEW;"),
        expand=(
            "ALTER TABLE work_history ADD COLUMN shown_title text",
            *trigger("work_history", "BEFORE INSERT", "NEW.shown_title := upper(NEW.title); RETURN NEW;"),
        ),
    ),
    "close a schema": Change(
        breaking=("REVOKE USAGE ON SCHEMA public FROM PUBLIC",),
        expand=("GRANT USAGE ON SCHEMA public TO jobfolio_app", "REVOKE USAGE ON SCHEMA public FROM PUBLIC"),
    ),
    "refuse large files": Change(
        breaking=("ALTER TABLE resume_documents ADD CONSTRAINT small CHECK (size_bytes <= 5 * 1048576) NOT VALID",),
        expand=("ALTER TABLE resume_documents ADD CONSTRAINT small CHECK (size_bytes <= 20 * 1048576) NOT VALID",),
    ),
    "hide a column": Change(
        breaking=(
            "REVOKE SELECT ON resume_documents FROM jobfolio_app",
            f"GRANT SELECT ({READABLE}) ON resume_documents TO jobfolio_app",
        ),
        expand=(f"GRANT SELECT ({READABLE}) ON resume_documents TO jobfolio_app",),
        contract=("REVOKE SELECT ON resume_documents FROM jobfolio_app",),
    ),
    "exclude what old writes repeat": Change(
        breaking=("ALTER TABLE education_history ADD CONSTRAINT once EXCLUDE USING hash (school WITH =)",),
        expand=("CREATE INDEX CONCURRENTLY once ON education_history USING hash (school)",),
    ),
    "lose updates by a rule": Change(
        breaking=("CREATE RULE changed AS ON UPDATE TO user_profiles DO INSTEAD NOTHING",),
        expand=("CREATE RULE changed AS ON UPDATE TO user_profiles DO ALSO NOTIFY profiles",),
    ),
    "keep writers out while an index is built": Change(
        breaking=("CREATE INDEX ix_job_postings_closes_on ON job_postings (closes_on)",),
        expand=("CREATE INDEX CONCURRENTLY ix_job_postings_closes_on ON job_postings (closes_on)",),
    ),
    "hold a table for long": Change(
        breaking=("ALTER TABLE job_postings ADD COLUMN note text", "SELECT pg_sleep(60)"),
        expand=("ALTER TABLE job_postings ADD COLUMN note text",),
    ),
}
