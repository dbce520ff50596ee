"""A data move beside a running application."""

from unit.phased_migrations.conftest import Shop

MOVE = (
    "UPDATE goods SET new = 1 / (id - 2500) WHERE id IN (SELECT id FROM goods WHERE new IS NULL ORDER BY id LIMIT 1000)"
)


def test_a_move_that_was_cut_off_is_resumed_where_it_stopped(shop: Shop) -> None:
    shop.sql("CREATE TABLE goods (id int, new int); INSERT INTO goods SELECT generate_series(1, 3000)")
    shop.revision("move", f"batches.repeat({MOVE!r}, 'goods moved')", phase="expand")

    # Row 2500 makes the third batch fail; the two before it stay.
    assert shop.flask("db", "upgrade").exit_code != 0
    assert shop.sql("SELECT count(new) FROM goods") == [(2000,)]
    assert shop.sql("SELECT count(*) FROM alembic_version") == [(0,)]

    shop.sql("UPDATE goods SET id = 0 WHERE id = 2500")
    assert shop.upgrade() == "move"
    assert shop.sql("SELECT count(new) FROM goods") == [(3000,)]
