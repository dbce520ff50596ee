"""What the set-up says where it cannot go on."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NOBODY = 65534


@pytest.fixture
def shared_path() -> Iterator[Path]:
    """Return a folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        os.chown(path, NOBODY, NOBODY)
        yield path


def as_nobody(shared_path: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a user who is neither root nor may use sudo, with no engine within reach."""
    if os.geteuid() != 0:
        pytest.fail("Only root can become nobody: run the tests as CI does, as root or with sudo.")
    environment = {
        "PATH": f"{shared_path}:/usr/sbin:/usr/bin:/sbin:/bin",
        "DOCKER_HOST": f"unix://{shared_path}/none.sock",
    }
    # sudo, where the machine has it, would ask for a password that nobody has.
    (shared_path / "sudo").write_text("#!/bin/sh\nexit 1\n")
    (shared_path / "sudo").chmod(0o755)
    return subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command],
        capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_without_an_engine_and_without_root_one_sentence_says_what_to_do(shared_path: Path) -> None:
    scripts = shared_path / "scripts"
    shutil.copytree(ROOT / "scripts", scripts)

    run = as_nobody(shared_path, str(scripts / "engine"), "start")

    assert run.returncode != 0
    assert run.stderr.strip().splitlines() == [run.stderr.strip()], run.stderr
    assert "needs root" in run.stderr
    assert "or give" in run.stderr


def test_a_step_passes_on_the_status_of_its_command_and_says_how_long_it_took() -> None:
    run = subprocess.run(
        [str(ROOT / "scripts" / "step"), "Count", "sh", "-c", "exit 7"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 7
    assert "Count: FAILED after" in run.stderr
