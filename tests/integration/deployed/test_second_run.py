"""A second run changes nothing, and check mode tells the truth."""

import json
import re
from pathlib import Path

from fleet import Fleet
from leaks import leaked, secrets_of

MOST_MODULE_RUNS = 15


def test_a_second_deploy_changes_nothing_and_keeps_every_container_and_its_most_verbose_log_shows_no_secret(
    fleet: Fleet, tmp_path: Path
) -> None:
    before = fleet.all_containers()
    counts = tmp_path / "module_runs.json"

    run = fleet.playbook("deploy", "-vvv", "--diff", env={"MODULE_RUNS_FILE": str(counts)})

    # First, and by their names, so that what is shown of a failure shows none.
    shows = leaked(secrets_of(fleet), run.output)
    assert shows == []
    assert run.status == 0, run.output
    assert set(run.changed.values()) == {0}, run.output
    assert fleet.all_containers() == before
    if len(fleet.hosts()) > 1:  # one host that has every tier does the work of four
        assert max(json.loads(counts.read_text())["hosts"].values()) <= MOST_MODULE_RUNS


def test_check_mode_names_exactly_the_edited_variable_and_changes_nothing(fleet: Fleet) -> None:
    before = fleet.all_containers()

    run = fleet.playbook("deploy", "--check", "--diff", "--extra-vars", "docker_log_max_size=11m")

    assert run.status == 0, run.output
    edited = [line for line in run.output.splitlines() if re.match(r"^[+-] ", line)]
    assert {line.split(maxsplit=1)[1] for line in edited} == {'"max-size": "10m"', '"max-size": "11m"'}, run.output
    assert '"max-size": "10m"' in fleet.run(fleet.hosts("db")[0], "cat /etc/docker/daemon.json")
    assert fleet.all_containers() == before


def test_check_mode_without_an_edit_reports_nothing(fleet: Fleet) -> None:
    run = fleet.playbook("deploy", "--check", "--diff")

    assert run.status == 0, run.output
    assert set(run.changed.values()) == {0}, run.output
