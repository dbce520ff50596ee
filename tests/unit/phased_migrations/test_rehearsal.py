"""A rehearsal tells what revisions really execute, and an exercise which operation of the application broke."""

import json

from flask import Flask
from phased_migrations import ExerciseError
from unit.phased_migrations.conftest import Shop


def rehearsed(shop: Shop, *arguments: str) -> dict[str, list[str]]:
    """The statements of each revision that was applied."""
    result = shop.flask("phases", "rehearse", *arguments)
    assert result.exit_code == 0, result.output + str(result.exception)
    return {one["revision"]: one["statements"] for one in json.loads(result.output.splitlines()[-1])}


def begin(shop: Shop) -> None:
    shop.revision("first", 'op.create_table("goods", sa.Column("id", sa.Integer()), sa.Column("old", sa.Text()))')
    shop.upgrade()


def test_what_a_revision_executes_is_told_with_its_parameters_and_transactions(shop: Shop) -> None:
    begin(shop)
    shop.revision(
        "second",
        """
op.add_column("goods", sa.Column("fresh", sa.Text()))
op.get_bind().execute(sa.text("UPDATE goods SET fresh = :fresh WHERE old LIKE '%'"), {"fresh": "it's"})
with op.get_context().autocommit_block():
    op.create_index("ix_goods_fresh", "goods", ["fresh"], postgresql_concurrently=True)
""",
        phase="expand",
    )
    shop.revision("third", "op.execute(\"COMMENT ON TABLE goods IS '100 %'\")")
    told = rehearsed(shop)
    assert told["second"][:3] == ["BEGIN", "SET LOCAL lock_timeout = '500ms'", "SET LOCAL statement_timeout = '5s'"]
    inside, outside = told["second"][: told["second"].index("COMMIT")], told["second"][told["second"].index("COMMIT") :]
    assert "ALTER TABLE goods ADD COLUMN fresh TEXT" in inside
    assert "UPDATE goods SET fresh = 'it''s' WHERE old LIKE '%'" in inside
    # As what is built without a transaction must be.
    assert outside[1] == "CREATE INDEX CONCURRENTLY ix_goods_fresh ON goods (fresh)"
    assert "COMMENT ON TABLE goods IS '100 %'" in told["third"]
    assert told["third"][-1] == "COMMIT"
    assert shop.current() == "third"


def test_what_depends_on_the_contents_is_told_as_it_was_here(shop: Shop) -> None:
    begin(shop)
    shop.revision(
        "second",
        """
for (name,) in op.get_bind().execute(sa.text("SELECT relname FROM pg_class WHERE relname = 'goods'")).all():
    op.execute(f"COMMENT ON TABLE {name} IS 'found'")
""",
        phase="expand",
    )
    assert "COMMENT ON TABLE goods IS 'found'" in rehearsed(shop)["second"]


def test_each_phase_is_rehearsed_by_itself(shop: Shop) -> None:
    begin(shop)
    shop.revision("second", 'op.add_column("goods", sa.Column("fresh", sa.Text()))')
    shop.revision("third", 'op.drop_column("goods", "old")')
    assert list(rehearsed(shop)) == ["second"]
    assert list(rehearsed(shop, "--phase", "contract")) == ["third"]
    assert rehearsed(shop) == {}


def test_a_revision_that_fails_is_named_with_its_statement_in_one_line(shop: Shop) -> None:
    begin(shop)
    shop.revision("second", 'op.add_column("nothing", sa.Column("fresh", sa.Text()))')
    result = shop.flask("phases", "rehearse")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        'Error: Revision second fails: relation "nothing" does not exist (ALTER TABLE nothing ADD COLUMN fresh TEXT)'
    )


def test_a_revision_that_trips_over_its_own_python_is_named(shop: Shop) -> None:
    begin(shop)
    shop.revision("second", 'raise KeyError("rate")', phase="expand")
    result = shop.flask("phases", "rehearse")
    assert result.output.splitlines()[-1] == "Error: Revision second fails: KeyError: 'rate'"


def test_an_order_that_cannot_be_rolled_out_is_refused_as_an_upgrade_refuses_it(shop: Shop) -> None:
    begin(shop)
    shop.revision("second", 'op.drop_column("goods", "old")')
    shop.revision("third", 'op.add_column("goods", sa.Column("fresh", sa.Text()))')
    result = shop.flask("phases", "rehearse")
    assert result.exit_code == 1
    assert "second (Second) is pending and comes before third (Third)" in result.output


def test_an_exercise_gets_the_application_and_says_what_broke(shop: Shop) -> None:
    def use(app: Flask) -> None:
        if app.name == "shop":
            raise ExerciseError("GET /goods answered 500 instead of 200.")

    shop.exercise = use
    result = shop.flask("phases", "exercise")
    assert result.exit_code == 1
    assert result.output == "Error: GET /goods answered 500 instead of 200.\n"


def test_an_exercise_that_works_ends_well(shop: Shop) -> None:
    shop.exercise = lambda _app: None
    assert shop.flask("phases", "exercise").exit_code == 0


def test_an_application_without_an_exercise_is_told_to_register_one(shop: Shop) -> None:
    result = shop.flask("phases", "exercise")
    assert result.exit_code == 1
    assert "give phased_migrations.init_app() one" in result.output
