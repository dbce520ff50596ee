"""What the fleet's database holds of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleet import Fleet

TABLES = {
    "auth_users": "id",
    "user_profiles": "user_id",
    "education_history": "user_id",
    "work_history": "user_id",
    "job_postings": "user_id",
    "resume_documents": "user_id",
}


def query(account: int) -> str:
    """Write the statement that counts an account's rows in every table."""
    counts = (
        f"SELECT '{table}', count(*) FROM {table} WHERE {column} = {account:d}"  # noqa: S608  a number and our own names
        for table, column in TABLES.items()
    )
    return " UNION ALL ".join(counts)


def rows_of(fleet: Fleet, account: int) -> dict[str, int]:
    """Count an account's rows, by table."""
    command = f'docker exec postgres psql -U postgres -d jobfolio -At -c "{query(account)}"'
    counted = (line.split("|") for line in fleet.run(fleet.hosts("db")[0], command).splitlines())
    return {table: int(count) for table, count in counted}
