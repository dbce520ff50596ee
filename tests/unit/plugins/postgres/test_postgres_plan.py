"""What is said to a cluster so that its roles, database and privileges are as wanted."""

from __future__ import annotations

from dataclasses import replace

from postgres.model import Found, FoundRole, Role, Wanted
from postgres.plan import APPLICATION_PRIVILEGES, plan, script
from postgres.scram import verifier
from postgres.sql import identifier, literal

PASSWORDS = {"shop_owner": "owner-secret", "shop_app": "app-secret", "shop_monitor": "monitor-secret", "postgres": "su"}
WANTED = Wanted(
    roles=(
        Role("postgres", PASSWORDS["postgres"], superuser=True),
        Role("shop_owner", PASSWORDS["shop_owner"]),
        Role("shop_app", PASSWORDS["shop_app"]),
        Role("shop_monitor", PASSWORDS["shop_monitor"], frozenset({"pg_monitor"})),
    ),
    database="shop",
    owner="shop_owner",
    application="shop_app",
)
SALT = b"0123456789abcdef"


def stored(password: str) -> str:
    return verifier(password, SALT)


def role(name: str, *, attributes: tuple[str, ...] = (), member_of: tuple[str, ...] = ()) -> FoundRole:
    return FoundRole(
        stored(PASSWORDS[name]), login=True, attributes=frozenset(attributes), member_of=frozenset(member_of)
    )


CONVERGED = Found(
    roles={
        "postgres": role("postgres", attributes=("SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS")),
        "shop_owner": role("shop_owner"),
        "shop_app": role("shop_app"),
        "shop_monitor": role("shop_monitor", member_of=("pg_monitor",)),
    },
    owner="shop_owner",
    public_may_connect=False,
    may_connect=frozenset({"shop_owner", "shop_app", "shop_monitor"}),
    default_privileges=APPLICATION_PRIVILEGES,
)
EMPTY = Found(roles={"postgres": CONVERGED.roles["postgres"]})


def said(found: Found) -> list[str]:
    return [change.said for change in plan(WANTED, found)]


def with_role(name: str, found: FoundRole) -> Found:
    return replace(CONVERGED, roles={**CONVERGED.roles, name: found})


def test_converged_cluster_is_left_alone() -> None:
    assert plan(WANTED, CONVERGED) == []


def test_new_cluster_gets_roles_before_the_database_that_one_of_them_owns() -> None:
    changes = said(EMPTY)
    assert changes.index("create role shop_owner") < changes.index("create database shop")
    assert "make shop_monitor a member of pg_monitor" in changes
    assert changes[-1] == "let shop_app read and write what shop_owner will make"


def test_changed_password_alone_is_set() -> None:
    other = FoundRole(stored("another"), login=True, attributes=frozenset(), member_of=frozenset())
    assert said(with_role("shop_app", other)) == ["set the password of role shop_app"]


def test_no_password_or_verifier_shows_in_words_and_no_password_in_the_script() -> None:
    changes = plan(WANTED, EMPTY)
    text = script(changes, "shop")
    for password in PASSWORDS.values():
        assert password not in "".join(change.said for change in changes) or password == "su"
        assert f"'{password}'" not in text
    assert "SCRAM" not in "".join(change.said for change in changes)
    assert "SCRAM-SHA-256$" in text


def test_attributes_that_somebody_gave_a_role_are_taken_from_it_but_not_from_the_superuser() -> None:
    changes = plan(WANTED, with_role("shop_app", role("shop_app", attributes=("CREATEDB", "SUPERUSER"))))
    assert [change.statement for change in changes] == ['ALTER ROLE "shop_app" NOCREATEDB NOSUPERUSER;']


def test_membership_that_somebody_gave_a_role_is_ended() -> None:
    assert said(with_role("shop_app", role("shop_app", member_of=("shop_owner",)))) == [
        "end shop_app's membership of shop_owner"
    ]


def test_database_of_another_owner_is_handed_over() -> None:
    assert said(replace(CONVERGED, owner="postgres")) == ["give database shop to shop_owner"]


def test_everybody_is_kept_out_of_the_database_but_the_roles() -> None:
    found = replace(CONVERGED, public_may_connect=True, may_connect=frozenset({"shop_owner"}))
    assert said(found) == [
        "keep other roles out of database shop",
        "let shop_app connect to database shop",
        "let shop_monitor connect to database shop",
    ]


def test_default_privileges_beyond_reading_and_writing_are_taken_back() -> None:
    found = replace(CONVERGED, default_privileges=APPLICATION_PRIVILEGES | {("r", "TRUNCATE")})
    assert said(found) == ["let shop_app read and write what shop_owner will make"]


def test_tables_of_a_restored_database_are_opened_to_the_application() -> None:
    assert said(replace(CONVERGED, lacking=frozenset({"profiles"}))) == ["let shop_app read and write profiles"]


def test_what_concerns_the_database_is_said_inside_it() -> None:
    text = script(plan(WANTED, EMPTY), "shop")
    cluster, database = text.split('\\connect "shop"\n')
    assert "CREATE DATABASE" in cluster
    assert "DEFAULT PRIVILEGES" in database
    assert "DEFAULT PRIVILEGES" not in cluster


def test_names_and_values_cannot_leave_their_quotes() -> None:
    assert identifier('a"; DROP ROLE b; --') == '"a""; DROP ROLE b; --"'
    assert literal("a'; DROP ROLE b; --") == "'a''; DROP ROLE b; --'"
    assert literal("a\\'") == "E'a\\\\'''"
