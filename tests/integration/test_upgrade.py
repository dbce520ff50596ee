"""Upgrades and rollbacks of a serving fleet, between releases that really differ, under load."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import releases
from fleet import OPERATION, ids, variables
from traffic import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleet import Fleet, PlaybookRun
    from load import Request

# A revision that fails after it has changed something.
HALF_WAY = """
import sqlalchemy as sa
from alembic import op

revision = "5a0c1f6e9b21"
down_revision = "2b185d7a7048"


def upgrade() -> None:
    op.add_column("user_profiles", sa.Column("pronouns", sa.Text(), nullable=True))
    op.add_column("no_such_table", sa.Column("pronouns", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("user_profiles", "pronouns")
"""

# A revision that takes from the release before what it writes, and claims otherwise.
BREAKS_THE_ONE_BEFORE = """
from alembic import op

revision = "5a0c1f6e9b21"
down_revision = "2b185d7a7048"
phase = "expand"


def upgrade() -> None:
    op.execute("ALTER TABLE user_profiles ADD CONSTRAINT dialled CHECK (phone ~ '^[+0-9]*$') NOT VALID")


def downgrade() -> None:
    op.drop_constraint("dialled", "user_profiles")
"""


@pytest.fixture(scope="module", autouse=True)
def _next_release(fleet: Fleet) -> Iterator[None]:
    """Make the next release; leave the fleet on the first one, with the schema that it came with."""
    releases.make(fleet, "1.1.0")
    yield
    run = fleet.playbook("deploy")
    assert run.status == 0, run.output
    back = fleet.playbook(
        "migrate", *variables(release="1.1.0", migrate_action="downgrade", migrate_revision="2b185d7a7048")
    )
    assert back.status == 0, back.output
    for path in (fleet.state / "releases").glob("1.1.*.yml"):
        path.unlink()


def upgrade(fleet: Fleet, release: str, **given: object) -> PlaybookRun:
    return fleet.playbook("upgrade", *variables(release=release, **given))


def served(fleet: Fleet) -> set[str]:
    """Releases of all running backends, as their environments name them."""
    asked = (
        "docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' $(docker ps -q --filter name=^backend-)"
    )
    return {
        line.partition("=")[2]
        for host in fleet.hosts("backend")
        for line in fleet.run(host, asked).splitlines()
        if line.startswith("RELEASE=")
    }


def test_an_upgrade_with_its_migration_and_the_rollback_lose_no_request(fleet: Fleet, visit: Sequence[Request]) -> None:
    with load(fleet, visit) as running:
        there = upgrade(fleet, "1.1.0")
        assert there.status == 0, there.output
        assert served(fleet) == {"1.1.0"}
        # The contract waits: until then the release before is one playbook away.
        assert fleet.revision() == releases.EXPANDED
        back = fleet.playbook("rollback", *variables(release="1.0.0"))
    assert back.status == 0, back.output
    assert served(fleet) == {"1.0.0"}
    assert fleet.revision() == releases.EXPANDED
    assert running.report.lost == 0, running.report
    told = [(entry["event"], entry["details"].get("now")) for entry in fleet.journal()]
    assert ("done: upgrade to 1.1.0", "1.1.0") in told
    assert told[-1] == ("done: rollback to 1.0.0", "1.0.0")


def test_an_upgrade_to_the_release_that_runs_replaces_nothing(fleet: Fleet) -> None:
    before = fleet.all_containers()
    run = upgrade(fleet, "1.0.0")
    assert run.status == 0, run.output
    assert fleet.all_containers() == before


def test_what_check_mode_shows_leaves_everything_as_it_is(fleet: Fleet) -> None:
    before, entries = fleet.all_containers(), fleet.journal()
    run = fleet.playbook("upgrade", "--check", "--diff", *variables(release="1.1.0"))
    assert run.status == 0, run.output
    assert releases.manifest(fleet, "1.1.0")["images"]["backend"] in run.output
    assert fleet.all_containers() == before
    assert fleet.journal() == entries


@dataclass(frozen=True)
class Broken:
    """A release that cannot run, and what the journal says of it."""

    release: str
    said: str
    serves: str = releases.SERVES
    revisions: dict[str, str] = field(default_factory=dict)
    given: dict[str, object] = field(default_factory=dict)


BROKEN = {
    "does not start": Broken("1.1.1", "did not get ready: it ended and was started again", serves='CMD ["false"]'),
    "migration fails half-way": Broken(
        "1.1.2", "no_such_table", revisions={"next_1_expand.py": HALF_WAY}, given={"rehearsal_judges": []}
    ),
    "migration would break the release before": Broken(
        "1.1.3",
        "nothing was changed: the release that runs, on the expanded schema: PUT /profile answered 500 instead of 200",
        revisions={"next_1_expand.py": BREAKS_THE_ONE_BEFORE},
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_release_ends_with_the_one_before_and_loses_nothing(
    fleet: Fleet, visit: Sequence[Request], broken: Broken
) -> None:
    releases.make(fleet, broken.release, broken.serves, revisions=broken.revisions)
    before = fleet.revision()
    if broken.revisions:
        # Something is left to migrate only where the schema is at the release before.
        back = fleet.playbook(
            "migrate", *variables(release="1.1.0", migrate_action="downgrade", migrate_revision="2b185d7a7048")
        )
        assert back.status == 0, back.output
        before = fleet.revision()
    with load(fleet, visit) as running:
        run = upgrade(fleet, broken.release, **broken.given)
    assert run.status != 0
    assert f"The upgrade to {broken.release} failed, and the fleet runs 1.0.0 again." in run.words
    assert broken.said in run.words
    assert running.report.lost == 0, running.report
    assert served(fleet) == {"1.0.0"}
    assert fleet.revision() == before
    assert "rehearsal" not in fleet.run(fleet.hosts("db")[0], "docker exec postgres psql --list")
    assert "rehearsal" not in fleet.run(fleet.hosts("backend")[0], "ls /etc/jobfolio")
    last = fleet.journal()[-1]
    assert last["event"] == f"failed: upgrade to {broken.release}"
    assert broken.said in last["details"]["why"]


@pytest.mark.parametrize(("resume", "release"), [("true", "1.1.0"), ("revert", "1.0.0")])
def test_a_killed_upgrade_is_recognised_and_finished_or_undone_as_told(
    fleet: Fleet, visit: Sequence[Request], resume: str, release: str
) -> None:
    with load(fleet, visit) as running:
        fleet.interrupt("upgrade", "container : Move the traffic on every edge", *variables(release="1.1.0"))
        before = fleet.all_containers()
        guess = upgrade(fleet, "1.1.0")
        assert guess.status != 0
        assert "finish it with -e resume=true, or go back with -e resume=revert" in guess.words
        assert fleet.all_containers() == before
        run = fleet.playbook("upgrade", *variables(resume=resume))
    assert run.status == 0, run.output
    assert served(fleet) == {release}
    assert all(len(containers) == 1 for containers in fleet.backends().values())
    assert running.report.lost == 0, running.report
    if release == "1.1.0":
        back = fleet.playbook("rollback", *variables(release="1.0.0"))
        assert back.status == 0, back.output


def test_a_second_operator_is_refused_and_told_by_whom(fleet: Fleet) -> None:
    before = ids(fleet.backends())
    fleet.operation('state=taken owner=bob@desk purpose="upgrade to 1.1.0" event=began')
    number = json.loads(fleet.run(fleet.hosts("db")[0], f"cat {OPERATION}/lease.json"))["number"]
    try:
        run = upgrade(fleet, "1.1.0")
    finally:
        fleet.operation(f"state=released number={number}")
    assert run.status != 0
    assert "bob@desk (upgrade to 1.1.0, since" in run.words
    assert ids(fleet.backends()) == before


def test_a_release_that_is_gone_is_refused_with_those_that_are_left(fleet: Fleet) -> None:
    before = fleet.all_containers()
    run = fleet.playbook("rollback", *variables(release="0.9.0"))
    assert run.status != 0
    assert "Release 0.9.0 has no file" in run.words
    assert "There are 1.0.0, 1.1.0" in run.words
    assert fleet.all_containers() == before


def test_after_the_contract_the_way_back_is_refused_with_the_reason(fleet: Fleet) -> None:
    there = upgrade(fleet, "1.1.0")
    assert there.status == 0, there.output
    contract = fleet.playbook("migrate", *variables(release="1.1.0", migrate_phase="contract"))
    assert contract.status == 0, contract.output
    assert fleet.revision() == releases.CONTRACTED
    before = fleet.all_containers()
    run = fleet.playbook("rollback", *variables(release="1.0.0"))
    assert run.status != 0
    assert (
        "Release 1.0.0 does not work on this schema: 8d7e3b904c55, applied since, took away what it needs."
        " These do: 1.1.0"
    ) in run.words
    assert fleet.all_containers() == before
    undone = fleet.playbook(
        "migrate", *variables(release="1.1.0", migrate_action="downgrade", migrate_revision=releases.EXPANDED)
    )
    assert undone.status == 0, undone.output
