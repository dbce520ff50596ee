"""Work on the schema of a deployed fleet: what may be done, what is refused, and that nothing is done twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from fleet import OPERATION, Fleet, PlaybookRun


def migrate(fleet: Fleet, *options: str, **variables: str) -> PlaybookRun:
    return fleet.playbook("migrate", "--extra-vars", json.dumps(variables), *options)


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("current", "2b185d7a7048 (head)"),
        ("history", "Initial schema"),
        ("check", "No new upgrade operations detected"),
    ],
)
def test_looking_at_the_schema_changes_nothing(fleet: Fleet, action: str, answer: str) -> None:
    run = migrate(fleet, migrate_action=action)
    assert run.status == 0, run.output
    assert answer in run.words
    assert not any(run.changed.values())


@pytest.mark.parametrize("phase", ["expand", "contract"])
def test_a_schema_that_is_there_already_is_left_alone(fleet: Fleet, phase: str) -> None:
    run = migrate(fleet, migrate_phase=phase)
    assert run.status == 0, run.output
    assert not any(run.changed.values())


def test_a_downgrade_under_running_backends_is_refused_with_who_is_in_the_way(fleet: Fleet) -> None:
    before = fleet.revision()
    run = migrate(fleet, migrate_action="downgrade", migrate_revision="21c3cd8e38d5")
    assert run.status != 0
    said = run.words
    assert "The schema would go to 21c3cd8e38d5, where these backends do not work:" in said
    for host in fleet.hosts("backend"):
        assert f"{host} (backend-" in said
    assert fleet.revision() == before


def test_a_contract_that_a_running_backend_does_not_know_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    # A release whose history goes on with a contract, of which the backends that run know nothing.
    running = yaml.safe_load((fleet.state / "releases" / "1.0.0.yml").read_text())
    path = tmp_path / "release.yml"
    running["schema"]["works_on"].insert(0, "c0ffee")
    path.write_text(json.dumps(running))
    run = migrate(fleet, migrate_phase="contract", release_file=str(path))
    assert run.status != 0
    assert "The schema would go to c0ffee, where these backends do not work:" in run.words


def test_a_downgrade_must_say_where_it_ends(fleet: Fleet) -> None:
    run = migrate(fleet, migrate_action="downgrade")
    assert run.status != 0
    assert "Say where the downgrade ends, with -e migrate_revision=REVISION" in run.words


def test_an_action_that_there_is_not_is_refused_before_anything(fleet: Fleet) -> None:
    run = migrate(fleet, migrate_action="obliterate")
    assert run.status != 0
    assert "value of migrations_action must be one of: upgrade, downgrade, current, history, check" in run.words


def test_without_backends_the_schema_goes_back_and_forth(fleet: Fleet) -> None:
    before = fleet.revision()
    stopped = {host: list(fleet.containers(host)) for host in fleet.hosts("backend")}
    for host, names in stopped.items():
        fleet.run(host, "docker stop " + " ".join(name for name in names if name.startswith("backend-")))
    try:
        looked = migrate(fleet, "--check", migrate_action="downgrade", migrate_revision="21c3cd8e38d5")
        assert "flask db downgrade 21c3cd8e38d5 would take the schema from 2b185d7a7048" in looked.words
        assert fleet.revision() == before

        back = migrate(fleet, migrate_action="downgrade", migrate_revision="21c3cd8e38d5")
        assert back.status == 0, back.output
        assert "Running downgrade 2b185d7a7048 -> 21c3cd8e38d5" in back.words
        assert fleet.revision() == "21c3cd8e38d5"

        # Somebody else works on the fleet meanwhile, and is killed.
        fleet.operation('state=taken owner=bob@desk purpose="a long look" event="bob looks"')
        refused = migrate(fleet)
        assert refused.status != 0
        assert "bob@desk (a long look, since" in refused.words
        assert fleet.revision() == "21c3cd8e38d5"
        fleet.run(fleet.hosts("db")[0], f'sed -i \'s/"expires": [0-9.]*/"expires": 1.0/\' {OPERATION}/lease.json')

        forth = migrate(fleet)
        assert forth.status == 0, forth.output
        assert (
            'bob@desk began "a long look" and never said how it ended. Its last entry in the journal: bob looks.'
            in forth.words
        )
        assert "Running upgrade 21c3cd8e38d5 -> 2b185d7a7048" in forth.words
    finally:
        if fleet.revision() != before:
            migrate(fleet)
        for host, names in stopped.items():
            fleet.run(host, "docker start " + " ".join(name for name in names if name.startswith("backend-")))
    assert fleet.revision() == before
    assert [entry["event"] for entry in fleet.journal()[-5:]] == [
        "began: flask db downgrade 21c3cd8e38d5 by release 1.0.0",
        "done: flask db downgrade 21c3cd8e38d5 by release 1.0.0",
        "bob looks",
        "began: flask db upgrade -x phase=expand by release 1.0.0",
        "done: flask db upgrade -x phase=expand by release 1.0.0",
    ]
    # The owner's password did not stay on the host.
    assert fleet.run(fleet.hosts("backend")[0], "ls /etc/jobfolio").split().count("migrations") == 0
