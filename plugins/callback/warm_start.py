"""Does once what Ansible would do for every task: load plugins, pack modules, compile templates, look for garbage."""

from __future__ import annotations

import gc
import hashlib
import marshal
import os
import shutil
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import ansible
import jinja2
from ansible import constants
from ansible._internal._datatag._tags import Origin
from ansible._internal._templating._jinja_bits import AnsibleEnvironment, _TemplateCompileContext, _TemplateConfig
from ansible.parsing.vault import is_encrypted_file
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import (
    action_loader,
    become_loader,
    connection_loader,
    filter_loader,
    lookup_loader,
    module_loader,
    module_utils_loader,
    shell_loader,
    test_loader,
)
from ansible.release import __version__
from ansible.utils.collection_loader import AnsibleCollectionConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType

DOCUMENTATION = r"""
name: warm_start
type: aggregate
short_description: Load plugins once, and keep packed modules and compiled templates
description:
  - Ansible forks a process for every task on every host. Each of them loads the plugins that it needs, unless the
    controller's own process has loaded them before; this makes it do so.
  - Ansible packs a module with all that it imports when a run first uses it, which takes a few tenths of a second. This
    keeps what was packed for the next run, in C(~/.ansible/packed_modules), for as long as nothing is different that it
    was packed from.
  - Each of those processes compiles every template that it needs, and what it compiled ends with it. This keeps it in
    C(~/.ansible/compiled_templates) in the same way, but for templates of encrypted files.
  - Python's garbage collector would write to most of the memory that a forked process shares with the controller's, so
    that it is copied. This has it leave alone what was there when a play began.
author:
  - Jobfolio operations
"""

LOADED = (
    # Asked for one, these load all that there are.
    (filter_loader, ("combine",)),
    (test_loader, ("match",)),
    (connection_loader, ("local", "ssh")),
    (become_loader, ("sudo",)),
    (shell_loader, ("sh",)),
    (lookup_loader, ("env", "file", "fileglob", "password")),
    (action_loader, ("assert", "command", "fail", "normal", "set_fact", "validate_argument_spec")),
)
# What a template's text means depends on these; Jinja tells its lexers apart by them.
SYNTAX = (
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "line_statement_prefix",
    "line_comment_prefix",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
)
# So many states of the sources are kept: checkouts and branches that somebody goes back and forth between.
KEPT = 8


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible is not typed
    """The callback."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "warm_start"
    CALLBACK_NEEDS_ENABLED = False

    def v2_playbook_on_start(self, _playbook: object) -> None:
        """Do so before the first process is forked."""
        for loader, names in LOADED:
            for name in names:
                loader.get(f"ansible.builtin.{name}", class_only=True)
        # Ansible's name for the folder where it keeps them during a run, which is removed at the end, and a link in it.
        for_this_run = Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache")
        home = Path(constants.ANSIBLE_HOME)
        packed = keep(home / "packed_modules", modules())
        if packed and not for_this_run.exists():
            for_this_run.symlink_to(packed)
        if compiled := keep(home / "compiled_templates", filters_and_tests()):
            compile_once(compiled)

    def v2_playbook_on_play_start(self, _play: object) -> None:
        """Have no forked process look for garbage in what it shares with this one: a look would copy all of it."""
        gc.collect()
        gc.freeze()


def keep(folder: Path, sources: Iterable[Path]) -> Path | None:
    """Return the folder inside of this one for what is made from the sources as they are; remove those of old states.

    None where there can be none, as in a home that is read-only: then it is made anew as ever.
    """
    try:
        mine = folder / fingerprint(sources)
        # Python objects are read from it: nobody else may write there.
        mine.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.geteuid() or mine.stat().st_uid != os.geteuid():
            return None
        mine.touch()
        for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:
        return None
    return mine


def modules() -> Iterator[Path]:
    """Yield the files that modules are packed from; of a collection the one that every release of it changes."""
    for loader in (module_loader, module_utils_loader):
        for folder in loader.print_paths().split(os.pathsep):
            yield from sorted(Path(folder).rglob("*.py"))
    yield from collections()


def filters_and_tests() -> Iterator[Path]:
    """Yield the files that a template's code depends on: how a filter is called is fixed when it is compiled."""
    for loader in (filter_loader, test_loader):
        for folder in loader.print_paths().split(os.pathsep):
            yield from sorted(Path(folder).rglob("*.py"))
    for roles in constants.DEFAULT_ROLES_PATH:
        for kind in ("filter_plugins", "test_plugins"):
            yield from sorted(Path(roles).glob(f"*/{kind}/*.py"))
    yield from collections()


def collections() -> Iterator[Path]:
    """Yield the file of each collection that tells its release."""
    for folder in AnsibleCollectionConfig.collection_paths:
        yield from sorted(Path(folder).glob("ansible_collections/*/*/MANIFEST.json"))


def fingerprint(files: Iterable[Path]) -> str:
    """Tell states of the sources apart: by Ansible, Jinja, Python, and each file's path, size and time of change."""
    told = hashlib.sha256(f"{__version__} {ansible.__file__} {jinja2.__version__} {sys.version}".encode())
    for path in files:
        state = path.stat()
        told.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return told.hexdigest()[:32]


def compile_once(folder: Path) -> None:
    """Have Ansible's templates compiled only where the folder does not have what they were compiled to."""
    compile_anew: Callable[..., CodeType] = AnsibleEnvironment.compile

    def compile_or_read(
        environment: AnsibleEnvironment,
        source: object,
        name: str | None = None,
        filename: str | None = None,
        **special: bool,
    ) -> CodeType:
        if special or not isinstance(source, str):
            return compile_anew(environment, source, name, filename, **special)
        context = _TemplateCompileContext.current(optional=True)
        options = [getattr(environment, setting) for setting in SYNTAX] + [*environment.extensions]
        options += [_TemplateConfig.allow_embedded_templates, bool(context and context.escape_backslashes)]
        what = repr((str(source), name, filename, options))
        path = folder / hashlib.sha256(what.encode(errors="surrogatepass")).hexdigest()
        try:
            kept: CodeType = marshal.loads(path.read_bytes())  # noqa: S302 - nobody else writes to the folder
        except (OSError, EOFError, ValueError, TypeError):
            # It is not there, or was cut off with the machine's power.
            code = compile_anew(environment, source, name, filename)
            if not secret(source):
                write(path, marshal.dumps(code))
            return code
        return kept

    AnsibleEnvironment.compile = compile_or_read


def secret(template: str) -> bool:
    """Tell whether a template's text may be a secret: it comes from an encrypted file, or from nobody knows where."""
    origin = Origin.get_tag(template)
    if not origin or not origin.path:
        return True
    try:
        with Path(origin.path).open("rb") as file:
            return bool(is_encrypted_file(file))
    except OSError:
        return True


def write(path: Path, content: bytes) -> None:
    """Write a file in one step, since others read it at any time; or leave it, where that cannot be done."""
    try:
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
        Path(file.name).replace(path)
    except OSError:
        return
