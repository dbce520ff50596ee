"""Before anything is touched: whatever would make an upgrade fail half-way, or wait, is named with the remedy."""

from threading import Timer

import pytest
from unit.phased_migrations.conftest import Shop


@pytest.fixture
def pending(shop: Shop) -> Shop:
    """An application whose next release brings a column."""
    shop.revision("first", 'op.create_table("goods", sa.Column("id", sa.Integer()))')
    shop.upgrade()
    shop.revision("second", 'op.add_column("goods", sa.Column("new", sa.Text()))')
    return shop


def refusal(shop: Shop, *arguments: str) -> str:
    result = shop.flask("db", "upgrade", "-x", "phase=expand", *arguments)
    assert result.exit_code == 1, result.output
    assert shop.current() == "first"
    return result.output


def leave_an_invalid_index(shop: Shop) -> None:
    """Let a concurrent build fail, as one does over rows that are there twice."""
    shop.sql("INSERT INTO goods VALUES (1), (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        shop.sql("CREATE UNIQUE INDEX CONCURRENTLY uq_goods_id ON goods (id)")


def test_remains_of_a_failed_build_are_named_with_the_remedy(pending: Shop) -> None:
    leave_an_invalid_index(pending)
    said = refusal(pending)
    assert "Nothing was changed. Index uq_goods_id is INVALID" in said
    assert "DROP INDEX CONCURRENTLY uq_goods_id" in said
    pending.sql("DROP INDEX CONCURRENTLY uq_goods_id")
    assert pending.upgrade("-x", "phase=expand") == "second"


def test_remains_that_the_upgrade_itself_builds_again_are_in_nobodys_way(pending: Shop) -> None:
    leave_an_invalid_index(pending)
    pending.sql("DELETE FROM goods")
    pending.revision(
        "third",
        """
with op.get_context().autocommit_block():
    op.drop_index("uq_goods_id", "goods", postgresql_concurrently=True, if_exists=True)
    op.create_index("uq_goods_id", "goods", ["id"], unique=True, postgresql_concurrently=True)
""",
        phase="expand",
    )
    assert pending.upgrade("-x", "phase=expand") == "third"


def test_a_transaction_that_has_been_open_for_long_is_named_with_what_it_did(pending: Shop) -> None:
    with pending.cluster.connect(pending.database) as somebody, somebody.transaction():
        somebody.execute("SELECT count(*) FROM goods")
        pid = somebody.info.backend_pid
        said = refusal(pending, "-x", "max_transaction_age=0")
    assert (
        f"Transaction of pid {pid} (user postgres, idle in transaction) has been open for 0 s: SELECT count(*)" in said
    )
    assert f"SELECT pg_terminate_backend({pid})" in said


def test_a_young_transaction_is_in_nobodys_way(pending: Shop) -> None:
    pending.sql("CREATE TABLE elsewhere ()")
    with pending.cluster.connect(pending.database) as somebody, somebody.transaction():
        somebody.execute("SELECT count(*) FROM elsewhere")
        assert pending.upgrade("-x", "phase=expand") == "second"


def test_a_prepared_transaction_that_somebody_forgot_is_named(pending: Shop) -> None:
    with pending.cluster.connect(pending.database) as somebody:
        somebody.execute("BEGIN")
        somebody.execute("SELECT count(*) FROM goods")
        somebody.execute("PREPARE TRANSACTION 'forgotten'")
    said = refusal(pending, "-x", "max_transaction_age=0")
    assert "Prepared transaction 'forgotten' of postgres has been open for 0 s" in said
    pending.sql("ROLLBACK PREPARED 'forgotten'")
    assert pending.upgrade("-x", "phase=expand", "-x", "max_transaction_age=0") == "second"


def test_where_nothing_is_pending_nothing_is_in_the_way(pending: Shop) -> None:
    pending.upgrade()
    leave_an_invalid_index(pending)
    assert pending.upgrade("-x", "phase=expand") == "second"


def test_what_was_begun_is_not_judged_anew_when_a_busy_table_makes_it_try_again(shop: Shop) -> None:
    # As in a first deployment: a contract between two expands is refused unless the database is empty.
    shop.sql("CREATE TABLE goods (id int, old int)")
    shop.revision("first", 'op.create_table("others", sa.Column("id", sa.Integer()))')
    shop.revision("second", 'op.drop_column("goods", "old")')
    shop.revision("third", 'op.add_column("goods", sa.Column("new", sa.Text()))')
    somebody = shop.cluster.connect(shop.database)
    somebody.execute("BEGIN")
    somebody.execute("SELECT count(*) FROM goods")
    released = Timer(2, somebody.close)
    released.start()
    try:
        # That transaction is older than allowed when the second revision is tried again.
        assert shop.upgrade("-x", "phase=expand", "-x", "max_transaction_age=0") == "third"
    finally:
        released.join()
