"""Does once what Ansible would do again for every task: loading plugins, packing modules, looking for garbage."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import ansible
from ansible import constants
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
    from collections.abc import Iterable, Iterator

DOCUMENTATION = r"""
name: warm_start
type: aggregate
short_description: Load plugins once, and keep packed modules
description:
  - Ansible forks a process for every task on every host. Each of them loads the plugins that it needs, unless the
    controller's own process has loaded them before; this makes it do so.
  - Ansible packs a module with all that it imports when a run first uses it, which takes a few tenths of a second. This
    keeps what was packed for the next run, in C(~/.ansible/packed_modules), for as long as nothing is different that it
    was packed from.
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
# So many states of the sources are kept: checkouts and branches that somebody goes back and forth between.
KEPT = 8


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible is not typed
    """The callback."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "warm_start"
    CALLBACK_NEEDS_ENABLED = False

    def v2_playbook_on_start(self, _playbook: object) -> None:
        """Do both, before the first process is forked."""
        for loader, names in LOADED:
            for name in names:
                loader.get(f"ansible.builtin.{name}", class_only=True)
        # Ansible's name for the folder where it keeps them during a run, which is removed at the end, and a link in it.
        for_this_run = Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache")
        kept = packed_modules(Path(constants.ANSIBLE_HOME) / "packed_modules")
        if kept and not for_this_run.exists():
            for_this_run.symlink_to(kept)

    def v2_playbook_on_play_start(self, _play: object) -> None:
        """Have no forked process look for garbage in what it shares with this one: a look would copy all of it."""
        gc.collect()
        gc.freeze()


def packed_modules(folder: Path) -> Path | None:
    """Return the folder inside of this one for modules packed from sources like the present ones; remove old ones.

    None where there can be none, as in a home that is read-only: then modules are packed as ever.
    """
    try:
        mine = folder / fingerprint(sources())
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


def sources() -> Iterator[Path]:
    """Yield the files that modules are packed from; of a collection the one that every release of it changes."""
    for loader in (module_loader, module_utils_loader):
        for folder in loader.print_paths().split(os.pathsep):
            yield from sorted(path for path in Path(folder).rglob("*.py"))
    for folder in AnsibleCollectionConfig.collection_paths:
        yield from sorted(Path(folder).glob("ansible_collections/*/*/MANIFEST.json"))


def fingerprint(files: Iterable[Path]) -> str:
    """Tell states of the sources apart: by Ansible, Python, and each file's path, size and time of change."""
    told = hashlib.sha256(f"{__version__} {ansible.__file__} {sys.version}".encode())
    for path in files:
        state = path.stat()
        told.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return told.hexdigest()[:32]
