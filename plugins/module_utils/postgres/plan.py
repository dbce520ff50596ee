"""What has to be said to a cluster so that it is as wanted: decisions only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .scram import fresh_verifier, matches
from .sql import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .model import Found, FoundRole, Role, Wanted

TABLE_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE")
SEQUENCE_PRIVILEGES = ("USAGE", "SELECT")
APPLICATION_PRIVILEGES = frozenset(
    [("r", privilege) for privilege in TABLE_PRIVILEGES] + [("S", privilege) for privilege in SEQUENCE_PRIVILEGES]
)
"""Data only: no TRUNCATE, REFERENCES or TRIGGER, and nothing that makes or drops."""


@dataclass(frozen=True)
class Change:
    """One statement, and what it does in words that hold no secret."""

    said: str
    statement: str
    where: Literal["cluster", "database"] = "cluster"


def plan(wanted: Wanted, found: Found, verifier: Callable[[str], str] = fresh_verifier) -> list[Change]:
    """Return what to change, in the order in which to do it.

    Args:
        wanted: What the cluster shall have.
        found: What it has.
        verifier: Makes from a password what is stored of it.

    Raises:
        PasswordError: A password cannot be used.
    """
    changes = [change for role in wanted.roles for change in role_changes(role, found.roles.get(role.name), verifier)]
    changes += database_changes(wanted, found)
    changes += privilege_changes(wanted, found)
    return changes


def role_changes(role: Role, found: FoundRole | None, verifier: Callable[[str], str]) -> Iterator[Change]:
    """Yield what makes a role as wanted."""
    name = identifier(role.name)
    if found is None:
        yield Change(
            f"create role {role.name}", f"CREATE ROLE {name} LOGIN PASSWORD {literal(verifier(role.password))};"
        )
        memberships: frozenset[str] = frozenset()
    else:
        memberships = found.member_of
        if not matches(role.password, found.verifier):
            stored = literal(verifier(role.password))
            yield Change(f"set the password of role {role.name}", f"ALTER ROLE {name} PASSWORD {stored};")
        surplus = sorted(found.attributes) if not role.superuser else []
        if surplus:
            taken = " ".join(f"NO{attribute}" for attribute in surplus)
            yield Change(f"take {', '.join(surplus)} from role {role.name}", f"ALTER ROLE {name} {taken};")
        if not found.login:
            yield Change(f"let role {role.name} log in", f"ALTER ROLE {name} LOGIN;")
    if role.superuser:
        return
    for group in sorted(role.member_of - memberships):
        yield Change(f"make {role.name} a member of {group}", f"GRANT {identifier(group)} TO {name};")
    for group in sorted(memberships - role.member_of):
        yield Change(f"end {role.name}'s membership of {group}", f"REVOKE {identifier(group)} FROM {name};")


def database_changes(wanted: Wanted, found: Found) -> Iterator[Change]:
    """Yield what makes the database, and who may connect to it, as wanted."""
    name, owner = identifier(wanted.database), identifier(wanted.owner)
    if found.owner is None:
        yield Change(f"create database {wanted.database}", f"CREATE DATABASE {name} OWNER {owner};")
    elif found.owner != wanted.owner:
        yield Change(f"give database {wanted.database} to {wanted.owner}", f"ALTER DATABASE {name} OWNER TO {owner};")
    if found.public_may_connect:
        yield Change(
            f"keep other roles out of database {wanted.database}", f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;"
        )
    others = {role.name for role in wanted.roles if not role.superuser} - {wanted.owner}
    for role in sorted(others - found.may_connect):
        yield Change(
            f"let {role} connect to database {wanted.database}",
            f"GRANT CONNECT ON DATABASE {name} TO {identifier(role)};",
        )


def privilege_changes(wanted: Wanted, found: Found) -> Iterator[Change]:
    """Yield what gives the application its privileges on what the owner has made and will make."""
    owner, application = identifier(wanted.owner), identifier(wanted.application)
    tables, sequences = ", ".join(TABLE_PRIVILEGES), ", ".join(SEQUENCE_PRIVILEGES)
    if found.default_privileges != APPLICATION_PRIVILEGES:
        scope = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
        yield Change(
            f"let {wanted.application} read and write what {wanted.owner} will make",
            f"{scope} REVOKE ALL ON TABLES FROM {application};"
            f" {scope} REVOKE ALL ON SEQUENCES FROM {application};"
            f" {scope} GRANT {tables} ON TABLES TO {application};"
            f" {scope} GRANT {sequences} ON SEQUENCES TO {application};",
            "database",
        )
    if found.lacking:
        yield Change(
            f"let {wanted.application} read and write {', '.join(sorted(found.lacking))}",
            f"GRANT {tables} ON ALL TABLES IN SCHEMA public TO {application};"
            f" GRANT {sequences} ON ALL SEQUENCES IN SCHEMA public TO {application};",
            "database",
        )


def script(changes: list[Change], database: str) -> str:
    """Return what psql is told. Nothing of it gets into the server's log, failed statements included.

    CREATE DATABASE cannot run in a transaction, so each statement stands by itself. One that was interrupted
    half way is completed by the next run.
    """
    quiet = "SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_error_statement = 'panic';"
    lines = [quiet, *(change.statement for change in changes if change.where == "cluster")]
    inside = [change.statement for change in changes if change.where == "database"]
    if inside:
        lines += [f"\\connect {identifier(database)}", quiet, *inside]
    return "\n".join(lines) + "\n"
