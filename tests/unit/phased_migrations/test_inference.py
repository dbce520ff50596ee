"""What a running release can notice of a schema change, and what it cannot."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic import op
from phased_migrations.inference import obstacle


def new_column(**options: object) -> Callable[[], None]:
    kind = options.pop("type_", sa.Integer())
    return lambda: op.add_column("people", sa.Column("age", kind, *options.pop("extra", ()), **options))  # type: ignore[arg-type,misc]


def concurrent_index() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_people_age", "people", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_people_age", "people", ["age"], postgresql_concurrently=True)


def batch(drops: bool) -> Callable[[], None]:
    """A change as Flask-Migrate writes it unless it is told otherwise."""

    def upgrade() -> None:
        with op.batch_alter_table("people") as people:
            people.add_column(sa.Column("age", sa.Integer()))
            if drops:
                people.drop_column("born")

    return upgrade


def table_with_everything() -> None:
    table = op.create_table("pets", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("name", sa.Text()))
    op.create_index("uq_pets_lower_name", "pets", [sa.text("lower(name)")], unique=True)
    op.create_check_constraint("ck_pets_name", "pets", "name <> ''")
    op.bulk_insert(table, [{"id": 1, "name": "Rex"}])


def unique_over_a_new_column() -> None:
    op.add_column("people", sa.Column("code", sa.Text()))
    op.create_unique_constraint("uq_people_code", "people", ["code"])
    op.create_foreign_key("fk_people_code", "people", "codes", ["code"], ["code"])


@pytest.mark.parametrize(
    "upgrade",
    [
        pytest.param(new_column(), id="nullable column"),
        pytest.param(new_column(nullable=False, server_default="3"), id="not null with a constant default"),
        pytest.param(new_column(nullable=False, server_default=sa.text("'it''s'::text")), id="literal with a cast"),
        pytest.param(new_column(type_=sa.DateTime(), server_default=sa.func.now()), id="the time of the change"),
        pytest.param(batch(drops=False), id="nullable column in a batch"),
        pytest.param(concurrent_index, id="index, after the remains of a failed try"),
        pytest.param(table_with_everything, id="a table, with all that hangs on it"),
        pytest.param(unique_over_a_new_column, id="constraints of a column that nobody writes yet"),
        pytest.param(
            lambda: op.create_check_constraint("ck_people_age", "people", "age > 0", postgresql_not_valid=True),
            id="constraint NOT VALID",
        ),
        pytest.param(
            lambda: op.create_foreign_key(
                "fk_people_boss", "people", "people", ["boss"], ["id"], postgresql_not_valid=True
            ),
            id="foreign key NOT VALID",
        ),
        pytest.param(lambda: op.execute("ALTER TABLE people VALIDATE CONSTRAINT ck_people_age"), id="validation"),
        pytest.param(lambda: op.execute("COMMENT ON COLUMN people.age IS 'in years'"), id="comment"),
        pytest.param(lambda: op.create_table_comment("people", "who is there"), id="table comment"),
    ],
)
def test_what_a_running_release_cannot_notice_expands(upgrade: Callable[[], None]) -> None:
    assert obstacle(upgrade) is None


@pytest.mark.parametrize(
    ("upgrade", "reason"),
    [
        (lambda: op.drop_column("people", "age"), "drop column people.age takes away"),
        (batch(drops=True), "drop column people.born takes away"),
        (lambda: op.drop_table("people"), "drop table people takes away"),
        (lambda: op.rename_table("people", "persons"), "rename table people"),
        (lambda: op.alter_column("people", "age", new_column_name="years"), "alter column people.age"),
        (lambda: op.alter_column("people", "age", type_=sa.Text()), "alter column people.age"),
        (lambda: op.alter_column("people", "age", nullable=False), "alter column people.age"),
        (lambda: op.drop_constraint("ck_people_age", "people"), "drop constraint ck_people_age"),
        (lambda: op.drop_index("ix_people_age", "people"), "drop index ix_people_age slows down"),
        (new_column(nullable=False), "people.age is NOT NULL without a default"),
        (new_column(server_default=sa.text("random()")), "the default of people.age is not a constant"),
        (new_column(server_default=sa.text("now() + 'a'")), "the default of people.age is not a constant"),
        (new_column(server_default=sa.text("clock_timestamp()")), "the default of people.age is not a constant"),
        (new_column(extra=(sa.Computed("id * 2"),)), "people.age is computed for every row"),
        (new_column(extra=(sa.Identity(),)), "people.age is computed for every row"),
        (lambda: op.create_index("uq_a", "people", ["age"], unique=True), "unique index uq_a may refuse"),
        (lambda: op.create_index("uq_a", "people", [sa.text("lower(a)")], unique=True), "unique index uq_a may refuse"),
        (lambda: op.create_unique_constraint("uq_a", "people", ["age"]), "unique constraint uq_a may refuse"),
        (lambda: op.create_check_constraint("ck_a", "people", "age > 0"), "check constraint ck_a is validated at once"),
        (lambda: op.create_foreign_key("fk_a", "people", "people", ["boss"], ["id"]), "foreign key constraint fk_a is"),
        (lambda: op.create_primary_key("pk_a", "people", ["id"]), "create primary key pk_a"),
        (lambda: op.execute("UPDATE people SET age = 3"), "what 'UPDATE people SET age = 3' does cannot be told"),
        (lambda: op.execute("ANALYZE people; DROP TABLE people"), "cannot be told"),
        (lambda: op.execute("ALTER TABLE p VALIDATE CONSTRAINT c, DROP COLUMN age"), "cannot be told"),
        (lambda: op.get_bind().execute(sa.text("SELECT 1")), "does not run without a database"),
        (
            lambda: op.bulk_insert(sa.table("people", sa.column("age", sa.Integer())), [{"age": 1}]),
            "it writes rows into people",
        ),
    ],
)
def test_what_a_running_release_may_notice_contracts_and_says_why(upgrade: Callable[[], None], reason: str) -> None:
    found = obstacle(upgrade)
    assert found is not None
    assert reason in found


def test_one_noticeable_operation_is_enough() -> None:
    def upgrade() -> None:
        op.add_column("people", sa.Column("age", sa.Integer()))
        op.drop_column("people", "born")

    assert "people.born" in str(obstacle(upgrade))


def test_alembics_own_operations_are_back_afterwards() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    assert "ZeroDivisionError" in str(obstacle(broken))
    with pytest.raises((NameError, AttributeError)):
        op.drop_table("people")
