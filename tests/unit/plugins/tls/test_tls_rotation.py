"""One authority takes another's place, and at every moment everybody trusts what anybody shows."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tls.plan import Policy, RefusedError, Wish, plan
from tls.rotation import STEPS
from tls.x509 import Names

if TYPE_CHECKING:
    from tls.rotation import Files

NOW = datetime.now(tz=UTC)
POLICY = Policy("Jobfolio CA", ["jobfolio.test"], ["10.0.0.0/8"], authority_days=3650, days=365)
WISHES = [Wish("edge", Names.of(["jobfolio.test"], [])), Wish("postgres", Names.of([], ["10.0.0.11"]))]
SCRIPT = Path(__file__).parents[4] / "scripts" / "authority.py"

Stored = dict[str, bytes]


def after(stored: Stored, files: Files) -> Stored:
    return {name: content for name, content in (stored | files).items() if content is not None}


def deployed(stored: Stored) -> Stored:
    """What is there after a deploy has issued what it found missing."""
    return stored | {name: content for one in plan(stored, WISHES, POLICY, NOW) for name, content in one.files.items()}


@pytest.fixture
def stages() -> list[Stored]:
    """The folder before the first step, and after the deploy that follows each."""
    found = [deployed({})]
    for step in ("trust", "switch", "drop"):
        found.append(deployed(after(found[-1], STEPS[step](found[-1], NOW))))
    return found


def trusts(folder: Path, authorities: bytes, certificate: bytes) -> bool:
    (folder / "ca.crt").write_bytes(authorities)
    (folder / "shown.crt").write_bytes(certificate)
    command = ["openssl", "verify", "-x509_strict", "-CAfile", str(folder / "ca.crt"), str(folder / "shown.crt")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_while_a_deploy_goes_over_the_hosts_the_old_trust_the_new_and_the_new_the_old(
    stages: list[Stored], tmp_path: Path
) -> None:
    for before, then in itertools.pairwise(stages):
        for trusting, showing in itertools.product((before, then), repeat=2):
            for name in ("edge.crt", "postgres.crt"):
                assert trusts(tmp_path, trusting["ca.crt"], showing[name])


def test_without_the_first_step_somebody_would_be_refused(stages: list[Stored], tmp_path: Path) -> None:
    first, _, switched, last = stages
    assert not trusts(tmp_path, first["ca.crt"], switched["edge.crt"])
    assert not trusts(tmp_path, last["ca.crt"], first["edge.crt"])


def test_everything_is_issued_anew_and_only_the_new_authority_is_left(stages: list[Stored]) -> None:
    first, last = stages[0], stages[-1]
    assert first.keys() == last.keys()
    assert all(first[name] != last[name] for name in first)
    assert last["ca.crt"].count(b"BEGIN CERTIFICATE") == 1
    assert plan(last, WISHES, POLICY, NOW) == []


@pytest.mark.parametrize(("step", "before"), [("trust", 1), ("switch", 2), ("drop", 3)])
def test_a_step_that_was_taken_has_nothing_to_do(stages: list[Stored], step: str, before: int) -> None:
    assert STEPS[step](stages[before], NOW) == {}


@pytest.mark.parametrize("step", ["trust", "switch"])
def test_a_step_that_was_killed_anywhere_is_taken_again(stages: list[Stored], step: str) -> None:
    before = stages[["trust", "switch"].index(step)]
    files = STEPS[step](before, NOW)
    whole = after(before, files)
    for written in range(len(files)):
        half = after(before, dict(itertools.islice(files.items(), written)))
        again = after(half, STEPS[step](half, NOW))
        assert again.keys() == whole.keys()
        assert plan(again, [], POLICY, NOW) == []
        if step == "switch":
            assert again == whole


@pytest.mark.parametrize(
    ("step", "stage", "said"),
    [
        ("switch", 0, "there is no new authority"),
        ("drop", 1, "does not sign yet"),
        ("trust", 2, "drop it first"),
    ],
)
def test_a_step_out_of_turn_is_refused(stages: list[Stored], step: str, stage: int, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        STEPS[step](stages[stage], NOW)


def test_the_former_authority_is_not_dropped_before_what_it_signed_was_replaced(stages: list[Stored]) -> None:
    switched = after(stages[1], STEPS["switch"](stages[1], NOW))
    with pytest.raises(RefusedError, match=r"edge\.crt, postgres\.crt: still of the former authority"):
        STEPS["drop"](switched, NOW)


def test_an_authority_that_changes_meanwhile_leaves_the_other_one_trusted(stages: list[Stored]) -> None:
    wider = [*WISHES, Wish("other", Names.of(["other.test"], []))]
    issued = {name: content for one in plan(stages[1], wider, POLICY, NOW) for name, content in one.files.items()}
    assert issued["ca.crt"].count(b"BEGIN CERTIFICATE") == 2


def test_the_program_takes_the_steps_on_the_files_and_keeps_keys_to_itself(
    stages: list[Stored], tmp_path: Path
) -> None:
    for name, content in stages[0].items():
        (tmp_path / name).write_bytes(content)

    def run(step: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(SCRIPT), step, str(tmp_path)], capture_output=True, text=True, check=False
        )

    assert run("switch").stderr == f"{tmp_path}: there is no new authority; have one trusted first.\n"
    assert run("trust").stdout == "Changed: ca-next.key, ca.crt.\n"
    assert run("trust").stdout == "That was done already.\n"
    assert run("switch").stdout == "Changed: ca.crt, ca.key, ca-next.key.\n"
    assert {path.name for path in tmp_path.iterdir()} == set(stages[0])
    assert oct(os.stat(tmp_path / "ca.key").st_mode & 0o777) == "0o600"
