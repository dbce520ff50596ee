"""An upgrade in phases: the running release notices none of the first; the second waits until nobody needs the old."""

import pytest
from alembic.script import ScriptDirectory
from phased_migrations.history import sufficient
from unit.phased_migrations.conftest import Shop

TABLE = 'op.create_table("goods", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("old", sa.Text()))'
NEW = 'op.add_column("goods", sa.Column("new", sa.Text()))'
DROP = 'op.drop_column("goods", "old")'


@pytest.fixture
def running(shop: Shop) -> Shop:
    """An application whose first release runs; the next one brings a new column and gives up an old one."""
    shop.revision("first", TABLE)
    assert shop.upgrade() == "first"
    shop.revision("wider", NEW)
    shop.revision("narrower", DROP)
    return shop


def refusal(shop: Shop, *arguments: str) -> str:
    result = shop.flask("db", "upgrade", *arguments)
    assert result.exit_code == 1, result.output
    return result.output


def test_expanding_stops_before_the_first_contract(running: Shop) -> None:
    assert running.upgrade("-x", "phase=expand") == "wider"
    # And again: there is nothing left to do.
    assert running.upgrade("-x", "phase=expand") == "wider"


def test_contracting_applies_the_rest(running: Shop) -> None:
    running.upgrade("-x", "phase=expand")
    assert running.upgrade("-x", "phase=contract") == "narrower"
    assert running.upgrade("-x", "phase=contract") == "narrower"


def test_contracting_is_refused_before_expanding(running: Shop) -> None:
    said = refusal(running, "-x", "phase=contract")
    assert "wider (Wider) must be applied first, by the upgrade to this release" in said
    assert running.current() == "first"


@pytest.mark.parametrize("phase", ["expand", "contract"])
def test_an_expand_behind_a_pending_contract_is_refused_with_what_to_do(running: Shop, phase: str) -> None:
    running.revision("widest", 'op.add_column("goods", sa.Column("newest", sa.Text()))')
    said = refusal(running, "-x", f"phase={phase}")
    assert "narrower (Narrower) is pending and comes before widest (Widest)" in said
    assert "deploy the release that ends with narrower and contract there first" in said
    assert running.current() == "first"


def test_who_takes_the_application_down_may_apply_everything(running: Shop) -> None:
    running.revision("widest", 'op.add_column("goods", sa.Column("newest", sa.Text()))')
    assert running.upgrade("-x", "downtime=yes", "-x", "phase=expand") == "widest"


def test_a_plain_upgrade_applies_everything_as_people_know_it(running: Shop) -> None:
    assert running.upgrade() == "narrower"


def test_an_empty_database_gets_everything_since_no_release_runs_on_it(shop: Shop) -> None:
    shop.revision("first", TABLE)
    shop.revision("narrower", DROP)
    shop.revision("wider", NEW)
    assert shop.upgrade("-x", "phase=expand") == "wider"


def test_an_upgrade_may_end_before_the_head(running: Shop) -> None:
    running.revision("widest", 'op.add_column("goods", sa.Column("newest", sa.Text()))')
    assert running.upgrade("-x", "phase=expand", "wider") == "wider"


def test_what_the_revision_says_itself_counts(running: Shop) -> None:
    running.upgrade()
    running.revision("trigger", 'op.execute("UPDATE goods SET new = id::text")', phase="expand")
    assert running.upgrade("-x", "phase=expand") == "trigger"


def test_a_phase_that_is_none_is_refused_by_name(running: Shop) -> None:
    running.revision("odd", NEW, phase="widen")
    assert 'Revision odd: phase is \'widen\'; write "expand" or "contract".' in refusal(running, "-x", "phase=expand")
    assert running.current() == "first"


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("phase=widen", "-x phase=widen: write phase=expand or phase=contract."),
        (
            "fase=expand",
            "-x fase means nothing here; there are phase=expand|contract, downtime=yes, max_transaction_age=",
        ),
        ("max_transaction_age=1h", "-x max_transaction_age=1h: write a number of seconds."),
        ("patience=long", "-x patience=long: write a number of seconds."),
        ("downtime=no", "-x downtime=no: write downtime=yes, or leave it out."),
    ],
)
def test_a_mistyped_argument_is_refused_before_anything_changes(running: Shop, argument: str, sentence: str) -> None:
    phase = [] if "ase=" in argument else ["-x", "phase=expand"]
    assert sentence in refusal(running, "-x", argument, *phase)
    assert running.current() == "first"


def test_a_phase_belongs_to_upgrades(running: Shop) -> None:
    result = running.flask("db", "downgrade", "-x", "phase=expand")
    assert result.exit_code == 1
    assert "A phase belongs to an upgrade" in result.output
    assert running.current() == "first"


def test_a_schema_that_is_ahead_is_said_to_be(running: Shop) -> None:
    running.sql("UPDATE alembic_version SET version_num = 'future'")
    said = refusal(running, "-x", "phase=expand")
    assert "The schema is ahead: this history does not know future." in said


def test_a_release_works_before_its_last_contracts_are_applied(shop: Shop) -> None:
    def works_on() -> list[str]:
        return sufficient(ScriptDirectory(str(shop.folder)))

    assert works_on() == []
    shop.revision("first", DROP)
    assert works_on() == ["first"]
    shop.revision("second", NEW)
    shop.revision("third", DROP)
    shop.revision("fourth", DROP)
    assert works_on() == ["fourth", "third", "second"]
    assert shop.flask("phases", "works-on").output == "fourth third second\n"
    shop.revision("fifth", NEW)
    assert works_on() == ["fifth"]


def test_two_heads_are_refused_with_what_to_do(running: Shop) -> None:
    running.revision("other", NEW, down="wider")
    said = refusal(running)
    assert "The history has 2 heads (narrower, other): set down_revision of the one that is deployed last" in said


def test_the_head_file_notices_a_history_that_was_put_together_wrongly(running: Shop) -> None:
    assert running.flask("phases", "head").exit_code == 0
    assert running.flask("phases", "check").exit_code == 0
    running.revision("widest", NEW)
    assert ".head names narrower, but the history ends at widest: run `flask phases head`." in refusal(running)
    assert running.flask("phases", "check").exit_code == 1
    running.flask("phases", "head")
    assert "head widest, needed by this release: widest" in running.flask("phases", "check").output


def test_the_list_says_why_a_revision_is_what_it_is(running: Shop) -> None:
    lines = running.flask("phases", "list").output.splitlines()
    assert lines[0].split()[:2] == ["narrower", "contract"]
    assert "drop column goods.old takes away" in lines[0]
    assert [line.split()[1] for line in lines[1:]] == ["expand", "expand"]
