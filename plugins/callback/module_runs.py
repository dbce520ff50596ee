"""Counts how often each host runs a module: what a deployment costs its hosts."""

from __future__ import annotations

import functools
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTATION = r"""
name: module_runs
type: aggregate
short_description: Count the module runs of each host
description:
  - Counts every module that is sent to a host and run there, also those that a task runs behind the scenes
    (M(ansible.builtin.template) is several). Tasks that only think on the
    controller (C(debug), C(set_fact), C(assert), includes) are none.
  - It does nothing unless one of its options is set.
options:
  table:
    description: Print a table at the end.
    type: bool
    default: false
    env: [{name: MODULE_RUNS}]
  file:
    description: Write the counts to this file as JSON, with the task behind each run.
    type: path
    env: [{name: MODULE_RUNS_FILE}]
author:
  - Jobfolio operations
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible is not typed
    """The callback."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "module_runs"
    CALLBACK_NEEDS_ENABLED = False

    def set_options(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  Ansible's own signature
        """Begin to count where asked to."""
        super().set_options(*arguments, **named)
        if self.get_option("table") or self.get_option("file"):
            # Tasks run in processes of their own; a file is where they all can leave a line.
            self._journal = Path(tempfile.mkstemp(prefix="module-runs-")[1])
            ActionBase._execute_module = noting(ActionBase._execute_module, self._journal)  # noqa: SLF001  nowhere else
        else:
            self.disabled = True

    def v2_playbook_on_stats(self, _stats: object) -> None:
        """Tell the counts."""
        runs = [json.loads(line) for line in self._journal.read_text().splitlines()]
        self._journal.unlink()
        counts = dict(sorted(Counter(run["host"] for run in runs).items()))
        if self.get_option("table"):
            self._display.banner("MODULE RUNS")
            for host, count in counts.items():
                self._display.display(f"{host:<26} : {count}")
        if self.get_option("file"):
            path = Path(self.get_option("file"))
            path.write_text(json.dumps({"hosts": counts, "runs": runs}, indent=2) + "\n")


def noting(execute: Callable[..., dict[str, Any]], journal: Path) -> Callable[..., dict[str, Any]]:
    """Return the function that runs a module on a host, wrapped so that it notes each run."""

    @functools.wraps(execute)
    def execute_and_note(
        action: Any,  # noqa: ANN401  an ActionBase
        module_name: str | None = None,
        *arguments: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        task = action._task  # noqa: SLF001  an action has no other way to tell
        host = task.delegate_to or (named.get("task_vars") or {}).get("inventory_hostname", "")
        run = {"host": host, "module": module_name or task.action, "task": task.get_name()}
        with journal.open("a") as file:
            file.write(json.dumps(run) + "\n")
        return execute(action, module_name, *arguments, **named)

    return execute_and_note
