"""playbooks/access.yml and its modules on real hosts: what they load stays only if a new connection gets in."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import pytest
from firewall_stage import BACKEND1, DB1, HOSTS, POLICY, SOURCES, Model, closed_to, restart
from fleet import ROOT, Fleet, PlaybookRun
from packets import Knock, Lookout, Machine, Stranger, poll

LIMIT = ("--limit", "db1,backend1")
CONFIRMED = "/etc/jobfolio/firewall/confirmed.nft"
# A table of somebody else's, which the compiler cannot know of.
INTRUDER = "table inet intruder { chain in { type filter hook input priority 0; tcp dport 22 ct state new drop; }; }"
# Loads a ruleset and confirms it over a connection that the variables choose, or not at all.
BY_HAND = """
- hosts: db1
  gather_facts: false
  tasks:
    - firewall:
        ruleset: "{{ lookup('file', ruleset_file, rstrip=false) }}"
        files: []
        directory: /etc/jobfolio/firewall
        rollback_seconds: "{{ seconds }}"
      register: loaded
    - assert: {that: loaded.pending}
    - wait_for: {path: /run/access-firewall/pending, state: absent, timeout: 20, sleep: 1}
      when: late
    - firewall_confirm: {directory: /etc/jobfolio/firewall}
      vars:
        ansible_ssh_args: "{{ '-o ControlPath=none' if anew else '-o ControlMaster=auto -o ControlPersist=60s' }}"
"""


class Apply(Protocol):
    """Runs access.yml with a policy."""

    def __call__(self, model: Model, *arguments: str) -> PlaybookRun: ...


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet()


@pytest.fixture
def apply(fleet: Fleet, tmp_path: Path) -> Iterator[Apply]:
    """Runs access.yml with a policy of the test's; afterwards both hosts have the scenario's own, confirmed."""

    def run(model: Model, *arguments: str) -> PlaybookRun:
        path = tmp_path / "policy.json"
        path.write_text(json.dumps(model.given))
        return fleet.playbook("access", *LIMIT, "-e", f"@{path}", "-e", "access_lenient=true", *arguments)

    yield run
    for host in HOSTS:
        waiting = "test -e /run/access-firewall/pending"
        poll("the end of what waits for confirmation", lambda: host.attempt(waiting).returncode)  # noqa: B023
        host.run("nft delete table inet intruder 2>/dev/null; true")
        confirm(host, Model())


def confirm(host: Machine, model: Model) -> None:
    """Have a host's ruleset in force and confirmed, without a playbook."""
    host.run(f"umask 077 && cat >{CONFIRMED} && access-firewall boot", stdin=model.ruleset(host))


def by_hand(fleet: Fleet, folder: Path, text: str, **how: object) -> PlaybookRun:
    """Load a ruleset on db1 without the role's care, and confirm it."""
    (folder / "by_hand.yml").write_text(BY_HAND)
    (folder / "wanted.nft").write_text(text)
    given = {"ruleset_file": str(folder / "wanted.nft"), "seconds": 20, "late": False, "anew": True} | how
    return fleet.playbook(os.path.relpath(folder / "by_hand", ROOT / "playbooks"), "-e", json.dumps(given))


def table(host: Machine) -> str:
    """The table in force, as people read it."""
    return host.run("TZ=UTC nft -s list table inet access")


def another() -> Model:
    """A policy that differs from the scenario's own by a rule."""
    return Model([*POLICY, {"name": "more", "to": ["all"], "proto": "tcp", "port": 4445, "from": ["edge"]}])


def words(run: PlaybookRun) -> str:
    """What a playbook said, without its line breaks."""
    return " ".join(run.output.split())


def test_the_playbook_loads_what_the_model_says_and_a_second_run_changes_nothing(
    apply: Apply, matrix: list[Knock], lookout: Lookout
) -> None:
    model = another()
    first = apply(model)
    assert first.status == 0, first.output
    assert first.changed == {"db1": 2, "backend1": 2}
    for host in HOSTS:
        assert host.run(f"cat {CONFIRMED}") == model.ruleset(host)
    assert not lookout.differences(matrix, model.allows)
    assert apply(model).changed == {"db1": 0, "backend1": 0}


def test_a_lock_out_that_no_compiler_can_see_ends_by_itself_and_the_play_says_so(
    apply: Apply, outsider: Machine
) -> None:
    # Over this connection, which lives on behind any ruleset, the next run comes.
    assert apply(Model()).status == 0
    before = {host: table(host) for host in HOSTS}
    DB1.run("nft -f -", stdin=INTRUDER)

    closed = closed_to(outsider, another())
    with Stranger(outsider, closed) as stranger, ThreadPoolExecutor() as pool:
        play = pool.submit(apply, another(), "-e", "firewall_rollback_seconds=12")
        poll("the new ruleset", lambda: table(DB1) != before[DB1])
        poll("the former ruleset", lambda: table(DB1) == before[DB1])
        # Until here nobody but systemd has helped.
        DB1.run("nft delete table inet intruder")
        run = play.result(120)

    assert run.status != 0
    assert "db1 let no new SSH connection in under the new ruleset" in words(run), run.output
    for host in HOSTS:
        assert table(host) == before[host]
        assert host.run(f"cat {CONFIRMED}") == Model().ruleset(host)
    assert not stranger.breaches
    assert apply(another()).status == 0


def test_a_policy_that_shuts_the_controller_out_is_refused_before_any_change(apply: Apply) -> None:
    before = {host: table(host) for host in HOSTS}
    run = apply(Model(POLICY, SOURCES | {"operators": SOURCES["operators"][2:]}))
    assert run.status != 0
    assert "could no longer reach its port 22" in words(run)
    assert {host: table(host) for host in HOSTS} == before


@pytest.mark.usefixtures("apply")
def test_a_confirmation_over_the_connection_that_applied_is_refused_and_the_former_ruleset_comes_back(
    fleet: Fleet, tmp_path: Path
) -> None:
    before = table(DB1)
    run = by_hand(fleet, tmp_path, another().ruleset(DB1), seconds=10, anew=False)
    assert run.status != 0
    assert "this is the connection over which the ruleset was applied" in words(run)
    poll("the former ruleset", lambda: table(DB1) == before, 20)
    assert DB1.run(f"cat {CONFIRMED}") == Model().ruleset(DB1)


def test_a_second_run_does_not_keep_a_ruleset_that_the_first_could_not_confirm(
    apply: Apply, fleet: Fleet, tmp_path: Path
) -> None:
    before = table(DB1)
    assert by_hand(fleet, tmp_path, another().ruleset(DB1), seconds=30, anew=False).status != 0
    assert table(DB1) != before
    run = apply(another())
    assert run.status != 0
    assert "waits for its confirmation" in words(run)
    poll("the former ruleset", lambda: table(DB1) == before, 45)
    assert DB1.run(f"cat {CONFIRMED}") == Model().ruleset(DB1)


def test_what_a_run_that_died_has_left_behind_stands_in_nobody_s_way(apply: Apply) -> None:
    left = json.dumps({"connection": "198.18.11.1 1 198.18.11.11 22", "deadline": 1.0})
    DB1.run("cat >/run/access-firewall/pending", stdin=left)
    try:
        run = apply(another())
        assert run.status == 0, run.output
    finally:
        DB1.run("rm -f /run/access-firewall/pending")


@pytest.mark.usefixtures("apply")
def test_a_late_confirmation_is_refused_and_the_former_ruleset_stays(fleet: Fleet, tmp_path: Path) -> None:
    before = table(DB1)
    run = by_hand(fleet, tmp_path, another().ruleset(DB1), seconds=2, late=True)
    assert run.status != 0
    assert "the confirmation came too late" in words(run)
    poll("the former ruleset", lambda: table(DB1) == before, 20)
    assert DB1.run(f"cat {CONFIRMED}") == Model().ruleset(DB1)


@pytest.mark.usefixtures("apply")
def test_a_confirmation_in_time_and_over_a_new_connection_is_accepted(fleet: Fleet, tmp_path: Path) -> None:
    before = table(DB1)
    run = by_hand(fleet, tmp_path, another().ruleset(DB1))
    assert run.status == 0, run.output
    assert table(DB1) != before
    assert DB1.run(f"cat {CONFIRMED}") == another().ruleset(DB1)
    assert not DB1.attempt("systemctl is-active access-firewall-rollback.timer").stdout.startswith("active")


@pytest.mark.usefixtures("apply")
def test_a_ruleset_that_nft_does_not_take_leaves_everything_as_it_is(
    fleet: Fleet, tmp_path: Path, outsider: Machine
) -> None:
    before = table(DB1)
    with Stranger(outsider, closed_to(outsider, Model())) as stranger:
        run = by_hand(fleet, tmp_path, another().ruleset(DB1).replace("tcp dport 4445", "tcp dport nonsense"))
        stranger.more(100)
    assert run.status != 0
    assert "nonsense" in run.output
    assert table(DB1) == before
    assert not stranger.breaches


@pytest.mark.parametrize(
    "damage", ["echo nonsense >>{}", "truncate --size=0 {}", "truncate --size=-3 {}", "rm {}", "echo '# empty' >{}"]
)
def test_a_damaged_boot_file_lets_in_ssh_and_nothing_else(damage: str, matrix: list[Knock], lookout: Lookout) -> None:
    asked = [knock for knock in matrix if knock.host == DB1]
    try:
        DB1.run(damage.format(CONFIRMED) + " && nft delete table inet access && access-firewall boot")
        assert not lookout.differences(asked, lambda knock: knock.port.number == 22)
    finally:
        confirm(DB1, Model())
    assert not lookout.differences(asked, Model().allows)


def test_a_host_that_boots_with_a_damaged_file_can_be_repaired_and_lets_no_stranger_in_meanwhile(
    apply: Apply, outsider: Machine, matrix: list[Knock], lookout: Lookout
) -> None:
    BACKEND1.run(f"echo nonsense >>{CONFIRMED}")
    closed = [cell for cell in closed_to(outsider, Model()) if cell[2] != 22]
    with Stranger(outsider, closed) as stranger:
        restart(BACKEND1)
        stranger.more(2 * len(closed))
    assert not stranger.breaches
    asked = [knock for knock in matrix if knock.host == BACKEND1]
    assert not lookout.differences(asked, lambda knock: knock.port.number == 22)
    assert "only SSH is let in" in BACKEND1.run("journalctl --boot --unit access-firewall")
    assert apply(Model()).status == 0
    assert not lookout.differences(asked, Model().allows)
