"""What a cluster shall have and what it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Role:
    """A role that logs in with a password.

    Only a superuser's password is cared for; any other role loses every attribute but that it may log in.
    """

    name: str
    password: str = field(repr=False)
    member_of: frozenset[str] = frozenset()
    superuser: bool = False


@dataclass(frozen=True)
class Wanted:
    """The roles, and the database in which one owns what another one reads and writes."""

    roles: tuple[Role, ...]
    database: str
    owner: str
    application: str


@dataclass(frozen=True)
class FoundRole:
    """A role as it is. `attributes` are those beyond logging in, by the words that CREATE ROLE has for them."""

    verifier: str | None = field(repr=False)
    login: bool
    attributes: frozenset[str]
    member_of: frozenset[str]


@dataclass(frozen=True)
class Found:
    """A cluster as it is. What concerns the database is empty where there is none yet."""

    roles: dict[str, FoundRole]
    owner: str | None = None
    """Owner of the database, None where there is no such database."""
    public_may_connect: bool = True
    may_connect: frozenset[str] = frozenset()
    default_privileges: frozenset[tuple[str, str]] = frozenset()
    """Kind of object (r table, S sequence) and privilege that the application gets on what the owner will make."""
    lacking: frozenset[str] = frozenset()
    """Tables and sequences of the owner on which the application lacks a privilege."""

    @classmethod
    def parse(cls, cluster: dict[str, Any], database: dict[str, Any] | None) -> Found:
        """Return what the queries of module `queries` found."""
        roles = {
            item["name"]: FoundRole(
                item["verifier"], item["login"], frozenset(item["attributes"]), frozenset(item["member_of"])
            )
            for item in cluster.get("roles", [])
        }
        if cluster.get("database") is None or database is None:
            return cls(roles)
        return cls(
            roles,
            owner=cluster["database"]["owner"],
            public_may_connect=cluster["database"]["public_may_connect"],
            may_connect=frozenset(cluster["database"]["may_connect"]),
            default_privileges=frozenset((kind, privilege) for kind, privilege in database["default_privileges"]),
            lacking=frozenset(database["lacking"]),
        )
