"""The file_set module, run by Ansible against this machine's own disk."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from files.disk import apply, observe
from files.plan import Change, Wanted

ROOT = Path(__file__).parents[4]
ANSIBLE = Path(sys.executable).with_name("ansible")


def file_set(*options: str, **arguments: object) -> tuple[dict[str, Any], str]:
    """Run the module; return its result and everything that Ansible printed."""
    command = [
        str(ANSIBLE),
        "localhost",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-m",
        "file_set",
        "-a",
        json.dumps(arguments),
        *options,
    ]
    environment = os.environ | {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_NOCOLOR": "1",
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    text = done.stdout[done.stdout.find("=> {") + 3 :]
    return json.JSONDecoder().raw_decode(text)[0], done.stdout + done.stderr


@pytest.fixture
def wish(tmp_path: Path) -> dict[str, Any]:
    return {
        "files": [
            {"path": f"{tmp_path}/app", "state": "directory", "mode": "0750"},
            {"path": f"{tmp_path}/app/a.conf", "content": "a = 1\n"},
            {"path": f"{tmp_path}/app/secret", "secret_content": "s3cr3t-value"},
        ],
        "purge": [f"{tmp_path}/app"],
    }


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_set_is_written_once_and_then_left_alone(tmp_path: Path, wish: dict[str, Any]) -> None:
    first, printed = file_set("-vvv", "--diff", **wish)
    assert first["changed"]
    assert first["changed_files"] == [item["path"] for item in wish["files"]]
    assert (tmp_path / "app/a.conf").read_text() == "a = 1\n"
    assert [mode(tmp_path / name) for name in ("app", "app/a.conf", "app/secret")] == [0o750, 0o644, 0o400]
    assert "s3cr3t" not in printed
    second, _ = file_set(**wish)
    assert not second["changed"]
    assert second["changed_files"] == []


def test_check_mode_names_the_change_and_makes_none(tmp_path: Path, wish: dict[str, Any]) -> None:
    foreseen, printed = file_set("--check", "--diff", **wish)
    assert foreseen["changed"]
    assert foreseen["changed_files"] == [item["path"] for item in wish["files"]]
    assert "+a = 1" in printed
    assert "s3cr3t" not in printed
    assert not (tmp_path / "app").exists()


def test_what_is_not_listed_is_purged(tmp_path: Path, wish: dict[str, Any]) -> None:
    file_set(**wish)
    (tmp_path / "app/stray").write_text("")
    result, _ = file_set(**wish)
    assert result["changed_files"] == [f"{tmp_path}/app/stray"]
    assert sorted(path.name for path in (tmp_path / "app").iterdir()) == ["a.conf", "secret"]


def test_nothing_lands_when_one_file_is_invalid(tmp_path: Path, wish: dict[str, Any]) -> None:
    wish["files"] += [{"path": f"{tmp_path}/bad", "content": "bad", "validate": "grep -q good %s"}]
    result, _ = file_set(**wish)
    assert "refused by 'grep'" in result["msg"]
    assert list(tmp_path.iterdir()) == []


def test_what_a_validator_says_about_a_secret_is_kept_back(tmp_path: Path) -> None:
    item = {
        "path": f"{tmp_path}/bad",
        "secret_content": "s3cr3t-one\ns3cr3t-two\n",
        "validate": "grep -c -v s3cr3t-one %s nowhere",
    }
    _, printed = file_set("-vvv", files=[item])
    assert "refused by 'grep'" in printed
    assert "s3cr3t" not in printed.replace("grep -c -v s3cr3t-one", "")


def test_a_missing_parent_is_refused(tmp_path: Path) -> None:
    result, _ = file_set(files=[{"path": f"{tmp_path}/none/file", "content": ""}])
    assert "list it with state directory" in result["msg"]


def test_a_secret_is_never_readable_while_it_replaces_a_readable_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "file"
    target.write_text("open")
    target.chmod(0o644)
    seen: list[int] = []
    replace = Path.replace

    def watch(staged: Path, destination: str) -> Path:
        seen.append(mode(staged))
        return replace(staged, destination)

    monkeypatch.setattr(Path, "replace", watch)
    wanted = Wanted(str(target), "file", 0o400, os.geteuid(), os.getegid(), b"secret", secret=True)
    apply(Change(str(target), "write", observe(str(target)), wanted))
    assert seen == [0o400]
    assert mode(target) == 0o400
    assert list(tmp_path.iterdir()) == [target]
