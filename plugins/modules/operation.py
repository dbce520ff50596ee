#!/usr/bin/python
"""Take, keep or give back the lease of the fleet, and write into its journal, in one module run."""

from __future__ import annotations

DOCUMENTATION = r"""
module: operation
short_description: Say that one works on the fleet, and what was done
description:
  - Keeps a lease and a journal in a folder on a host that is always there. Whoever changes the fleet takes the lease
    first; a second operator is refused, and told by whom.
  - A lease that its holder let expire, because he was killed, can be taken; the one who takes it is told of it.
  - The journal's entries are sealed by a chain of hashes. One that was changed is found at the next look.
options:
  folder:
    description: Folder of lease and journal. It is made where it lacks.
    type: path
    required: true
  state:
    description:
      - V(taken) takes the lease, V(held) makes sure that it is still one's own and puts off its end, V(released) gives
        it back. V(look) only looks.
    type: str
    choices: [taken, held, released, look]
    default: look
  owner:
    description: Who takes it, such as the operator's name and controller.
    type: str
  purpose:
    description: What for, such as C(upgrade to 1.1.0).
    type: str
  seconds:
    description: How long the lease lasts unless its end is put off.
    type: float
    default: 600.0
  process:
    description: The run that takes it, as lookup C(controller_processes) names it. Empty where it cannot be named.
    type: str
    default: ""
  alive:
    description:
      - All runs on the controller. A lease of the same O(owner) whose run is not among them is taken before it expires,
        since that one was killed.
    type: list
    elements: str
    default: []
  take_over:
    description:
      - Whether to do so as well where it cannot be told whether the process lives. For whoever knows that his run was
        killed; should it live after all, it stops at its next step.
    type: bool
    default: false
  number:
    description: The number of one's own lease, as it was returned when it was taken.
    type: int
  event:
    description: What to write into the journal, if anything.
    type: str
  details:
    description: More of it. Never put a secret here.
    type: dict
    default: {}
  tail:
    description: How many of the newest entries to return.
    type: int
    default: 10
attributes:
  check_mode:
    support: full
    description: Takes and writes nothing, and is refused where it would be refused.
  diff_mode:
    support: none
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Begin
  operation:
    folder: /var/lib/jobfolio/operation
    state: taken
    owner: ana@laptop
    purpose: upgrade to 1.1.0
    event: upgrade began
    details: {release: 1.1.0}
  register: operation_begun

- name: Go on, if nobody has taken over
  operation:
    folder: /var/lib/jobfolio/operation
    state: held
    number: "{{ operation_begun.lease.number }}"
    event: schema expanded
"""

RETURN = r"""
lease:
  description: The lease as it is now, C(number), C(owner), C(purpose), C(taken), C(expires), C(released), and whether
    it is C(held). Number 0 where there was none yet.
  returned: always
  type: dict
abandoned:
  description: The lease that its holder never released before this one was taken, or nothing.
  returned: always
  type: dict
entries:
  description: The newest entries of the journal, oldest first, as they stand there.
  returned: always
  type: list
  elements: dict
"""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.operation import journal, lease
from ansible.module_utils.operation.folder import locked

ARGUMENTS = {
    "folder": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["taken", "held", "released", "look"], "default": "look"},
    "owner": {"type": "str"},
    "purpose": {"type": "str"},
    "seconds": {"type": "float", "default": 600.0},
    "process": {"type": "str", "default": ""},
    "alive": {"type": "list", "elements": "str", "default": []},
    "take_over": {"type": "bool", "default": False},
    "number": {"type": "int"},
    "event": {"type": "str"},
    "details": {"type": "dict", "default": {}},
    "tail": {"type": "int", "default": 10},
}


def work(params: dict[str, Any], *, dry: bool) -> dict[str, Any]:
    """Do what is asked for; return what the module returns.

    Raises:
        LeaseError: The lease is another's.
        JournalError: The journal was changed by somebody.
    """
    folder = Path(params["folder"])
    if dry and not folder.is_dir():
        return {"changed": params["state"] != "look", "lease": told(lease.NOBODY, 0.0), "abandoned": {}, "entries": []}
    with locked(folder):
        now = time.time()
        return _work(folder, params, now, dry=dry)


def _work(folder: Path, params: dict[str, Any], now: float, *, dry: bool) -> dict[str, Any]:
    path, book = folder / "lease.json", folder / "journal.jsonl"
    entries = journal.read(book)
    abandoned = None
    match params["state"]:
        case "taken":
            keys = ("owner", "purpose", "process", "alive")
            taker = lease.Taker(**{key: params[key] for key in keys}, over=params["take_over"])
            mine, abandoned = lease.take(path, taker, params["seconds"], now, dry=dry)
        case "held":
            mine = lease.renew(path, params["number"], params["seconds"], now, dry=dry)
        case "released":
            mine = lease.release(path, params["number"], dry=dry)
        case _:
            mine = lease.look(path)
    if params["event"] and not dry:
        entries.append(journal.append(book, params["event"], params["details"], mine.number, now))
    return {
        "changed": params["state"] != "look" or bool(params["event"]),
        "lease": told(mine, now),
        "abandoned": told(abandoned, now) if abandoned else {},
        "entries": [entry.sealed() for entry in entries[-params["tail"] :]],
    }


def told(one: lease.Lease, now: float) -> dict[str, Any]:
    """Return a lease as the module tells it."""
    return asdict(one) | {"held": one.held(now)}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        supports_check_mode=True,
        required_if=[
            ["state", "taken", ["owner", "purpose"]],
            ["state", "held", ["number"]],
            ["state", "released", ["number"]],
        ],
    )
    try:
        module.exit_json(**work(module.params, dry=module.check_mode))
    except (lease.LeaseError, journal.JournalError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"Lease and journal cannot be kept: {error}")


if __name__ == "__main__":
    main()
