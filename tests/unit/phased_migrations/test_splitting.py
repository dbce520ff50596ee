"""What `flask db migrate` writes of a change: expand and contract apart, in a chain, each with its way back."""

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from phased_migrations.phase import phase_of
from unit.phased_migrations.conftest import Shop

COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'goods' ORDER BY 1"


def key() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), primary_key=True)


def migrate(shop: Shop, message: str) -> None:
    result = shop.flask("db", "migrate", "-m", message)
    assert result.exit_code == 0, result.output + str(result.exception)


def history(shop: Shop) -> list[tuple[str, str]]:
    """Phase and title of every revision, oldest first."""
    scripts = list(ScriptDirectory(str(shop.folder)).walk_revisions())[::-1]
    return [(phase_of(script).phase.value, script.doc) for script in scripts]


def columns(shop: Shop) -> list[object]:
    return [name for (name,) in shop.sql(COLUMNS)]


def test_a_mixed_change_becomes_two_revisions_that_both_go_back(shop: Shop) -> None:
    shop.table(key(), sa.Column("old", sa.Text()), sa.Column("price", sa.Integer()))
    migrate(shop, "goods")
    shop.upgrade()
    assert history(shop) == [("expand", "goods.")]

    shop.metadata.clear()
    shop.table(key(), sa.Column("new", sa.Text()), sa.Column("price", sa.BigInteger(), index=True))
    migrate(shop, "rename")
    assert history(shop)[1:] == [("expand", "rename."), ("contract", "rename contract.")]

    shop.upgrade("-x", "phase=expand")
    assert columns(shop) == ["id", "new", "old", "price"]
    shop.upgrade("-x", "phase=contract")
    assert columns(shop) == ["id", "new", "price"]
    assert shop.flask("db", "check").exit_code == 0
    assert shop.flask("db", "downgrade").exit_code == 0
    assert columns(shop) == ["id", "new", "old", "price"]
    assert shop.flask("db", "downgrade").exit_code == 0
    assert columns(shop) == ["id", "old", "price"]


def test_a_change_of_one_kind_stays_one_revision(shop: Shop) -> None:
    shop.table(key(), sa.Column("old", sa.Text()))
    migrate(shop, "goods")
    shop.upgrade()
    shop.metadata.clear()
    shop.table(key())
    migrate(shop, "drop")
    assert history(shop)[1:] == [("contract", "drop.")]


def test_the_head_file_follows_what_is_written_and_nothing_else(shop: Shop) -> None:
    shop.table(key())
    migrate(shop, "goods")
    path = shop.folder / "versions" / ".head"
    head = path.read_text()
    assert head.strip() == ScriptDirectory(str(shop.folder)).get_current_head()

    shop.upgrade()
    migrate(shop, "nothing")
    shop.metadata.clear()
    assert shop.flask("db", "check").exit_code == 1
    assert path.read_text() == head
    assert len(history(shop)) == 1
