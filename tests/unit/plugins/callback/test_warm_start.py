"""What a run takes over from the one before, and that it never takes over what has changed since."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

ROOT = Path(__file__).parents[4]

MODULE = """#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.tell import TOLD

AnsibleModule({}).exit_json(told=TOLD)
"""
# Says so when it is loaded, how much the garbage collector leaves alone, and which templates are compiled.
FILTER = """
import gc
import os
from jinja2 import Environment

def say(line):
    with open(os.environ["SAID"], "a") as file:
        file.write(line + "\\n")

say("loaded")
parse = Environment._parse
Environment._parse = lambda self, source, *more: say(f"compiled {source}") or parse(self, source, *more)

class FilterModule:
    def filters(self):
        return {"same": lambda value: value, "frozen": lambda _: f"{gc.get_freeze_count()} frozen"}
"""
TEMPLATE = "{{ asked.told | same }}"
PASSWORD = "not a secret"
PLAY = [
    {
        "name": "Tell",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"name": "Ask", "tell": {}, "register": "asked"},
            *[{"name": "Say", "ansible.builtin.debug": {"msg": TEMPLATE}}] * 3,
            {"name": "Say how much is left alone", "ansible.builtin.debug": {"msg": "{{ '' | frozen }}"}},
            {"name": "Say what is encrypted", "ansible.builtin.debug": {"msg": "{{ encrypted }}"}},
        ],
    }
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a module, what it imports, a filter, and a playbook that uses both."""
    for name in ("library", "module_utils", "filter", "home", "group_vars"):
        (tmp_path / name).mkdir()
    (tmp_path / "library" / "tell.py").write_text(MODULE)
    (tmp_path / "module_utils" / "tell.py").write_text('TOLD = "as before"\n')
    (tmp_path / "filter" / "same.py").write_text(FILTER)
    (tmp_path / "ansible.cfg").write_text("")
    (tmp_path / "play.yml").write_text(json.dumps(PLAY))
    encrypted = VaultLib().encrypt("encrypted: \"{{ 'a' ~ ' key' }}\"", VaultSecret(PASSWORD.encode()))
    (tmp_path / "group_vars" / "all.yml").write_bytes(encrypted)
    return tmp_path


def run(project: Path, callbacks: Path = ROOT / "plugins" / "callback") -> str:
    """Run the playbook; return what it said."""
    (project / "said").write_text("")
    (project / "password").write_text(PASSWORD)
    settings = {
        "HOME": project / "home",
        "SAID": project / "said",
        "ANSIBLE_VAULT_PASSWORD_FILE": project / "password",
        "ANSIBLE_CONFIG": project / "ansible.cfg",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_LIBRARY": project / "library",
        "ANSIBLE_MODULE_UTILS": project / "module_utils",
        "ANSIBLE_FILTER_PLUGINS": project / "filter",
        "ANSIBLE_CALLBACK_PLUGINS": callbacks,
    }
    command = ["ansible-playbook", "--inventory", "localhost,", "--connection", "local", str(project / "play.yml")]
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def said(project: Path, line: str) -> int:
    """How often something was said in the last run."""
    return (project / "said").read_text().splitlines().count(line)


def packed(project: Path) -> dict[Path, int]:
    """When each packed module that is kept was written."""
    kept = (project / "home" / ".ansible" / "packed_modules").glob("*/*tell*DEFLATED-none")
    return {path: path.stat().st_mtime_ns for path in kept}


def compiled(project: Path) -> list[Path]:
    """What templates were compiled to, as far as it is kept."""
    return list((project / "home" / ".ansible" / "compiled_templates").glob("*/*"))


def test_a_second_run_packs_no_module_again(project: Path) -> None:
    run(project)
    first = packed(project)
    assert len(first) == 1
    assert "as before" in run(project)
    assert packed(project) == first


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("module_utils", '"as before"', '"otherwise"'), ("library", "told=TOLD", 'told="otherwise"')],
)
def test_what_was_changed_is_what_runs(project: Path, name: str, before: str, after: str) -> None:
    assert "as before" in run(project)
    source = project / name / "tell.py"
    source.write_text(source.read_text().replace(before, after))
    assert "otherwise" in run(project)


def test_plugins_are_loaded_once_and_not_once_a_task(project: Path, tmp_path: Path) -> None:
    run(project)
    once = said(project, "loaded")
    run(project, callbacks=tmp_path / "none")
    assert (once, said(project, "loaded")) == (1, 4)


def test_a_second_run_compiles_no_template_again(project: Path) -> None:
    run(project)
    assert said(project, f"compiled {TEMPLATE}") >= 1
    assert "as before" in run(project)
    assert said(project, f"compiled {TEMPLATE}") == 0


def test_a_template_that_was_cut_off_is_compiled_again(project: Path) -> None:
    run(project)
    for path in compiled(project):
        path.write_bytes(path.read_bytes()[:20])
    assert "as before" in run(project)
    assert said(project, f"compiled {TEMPLATE}") >= 1


def test_a_filter_that_is_called_otherwise_than_before_is_called_so(project: Path) -> None:
    run(project)
    path = project / "filter" / "same.py"
    text = path.read_text().replace("lambda value: value", "pass_context(lambda _, value: value + ' and after')")
    path.write_text(text.replace("import Environment", "import Environment, pass_context"))
    assert "as before and after" in run(project)


def test_templates_of_encrypted_files_are_not_kept(project: Path) -> None:
    assert "a key" in run(project)
    kept = compiled(project)
    assert any(b"frozen" in path.read_bytes() for path in kept)
    assert not any(b" key" in path.read_bytes() for path in kept)


def test_the_garbage_collector_of_a_task_leaves_alone_what_the_controller_has(project: Path, tmp_path: Path) -> None:
    told = re.search(r"(\d+) frozen", run(project))
    assert told
    assert int(told[1]) > 10_000
    assert "0 frozen" in run(project, callbacks=tmp_path / "none")


@pytest.mark.parametrize("name", ["packed_modules", "compiled_templates"])
def test_states_of_the_sources_that_nobody_uses_any_more_are_removed(project: Path, name: str) -> None:
    kept = project / "home" / ".ansible" / name
    for number in range(20):
        (kept / str(number)).mkdir(parents=True)
        os.utime(kept / str(number), (number, number))
    run(project)
    assert sorted(path.name for path in kept.iterdir() if path.name.isdigit()) == [str(n) for n in range(13, 20)]


def test_a_home_in_which_nothing_can_be_kept_is_no_failure(project: Path) -> None:
    (project / "home" / ".ansible").mkdir()
    for name in ("packed_modules", "compiled_templates"):
        (project / "home" / ".ansible" / name).write_text("")
    assert "as before" in run(project)
