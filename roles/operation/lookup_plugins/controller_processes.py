"""Names this run of Ansible and the others on this controller."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ansible.plugins.lookup import LookupBase

# On a controller, plugins find the project's own Python only so.
sys.path.append(str(Path(__file__).parents[3] / "plugins" / "module_utils"))

from operation.processes import processes

DOCUMENTATION = r"""
name: controller_processes
short_description: Name the runs of Ansible on this controller
description:
  - Returns the run that asks, then all others. A name is never used again, even after the machine was started anew.
  - Returns nothing where the controller has no C(/proc), as on macOS.
options: {}
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- ansible.builtin.debug:
    msg: "{{ query('controller_processes') | first | default('unknown') }}"
"""

RETURN = r"""
_raw:
  description: The names.
  type: list
  elements: str
"""


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible is not typed
    """The lookup."""

    def run(self, terms: list[str], variables: object = None, **_: object) -> list[str]:  # noqa: ARG002  Ansible's
        """Return the names."""
        return processes(Path("/proc"), os.getpid())
