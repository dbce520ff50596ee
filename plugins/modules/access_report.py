#!/usr/bin/python
"""Compare what hosts and security groups were seen to be with the access policy, and write the report."""

from __future__ import annotations

DOCUMENTATION = r"""
module: access_report
short_description: Judge what M(access_look) saw, and write the report
description:
  - Runs on the controller. Writes JSON for programs and a page for people, for their owner alone to read.
  - What differs is no failure of this module; whoever calls it decides.
options:
  model:
    description: Variable C(access_model), with the policy, its sources and the inventory's hosts.
    type: dict
    required: true
  tiers:
    description: The names of all tiers, in the order in which they are shown.
    type: list
    elements: str
    required: true
  looks:
    description: By host, what M(access_look) returned, or the failure that Ansible returned instead.
    type: dict
    required: true
  groups:
    description: What M(security_group_look) returned. Without it AWS was not asked.
    type: dict
  environment_name:
    description: The environment's name.
    type: str
    required: true
  directory:
    description: Where the report goes, as C(audit.json) and C(audit.html). It is made if need be.
    type: path
    required: true
  style:
    description: The page's style sheet (CSS).
    type: str
    required: true
attributes:
  check_mode:
    support: full
    description: Judges, and writes no report.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Judge what was seen
  access_report:
    model: "{{ access_model }}"
    tiers: [db, backend, frontend, edge, build]
    looks: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'look'))) }}"
    environment_name: production
    directory: .state/production/access
  delegate_to: localhost
  become: false
  run_once: true
  register: report
"""

RETURN = r"""
findings:
  description: What differs, in order.
  returned: always
  type: list
  elements: dict
summary:
  description: The outcome in a sentence or two.
  returned: always
  type: str
lines:
  description: The findings as a table for the terminal.
  returned: always
  type: list
  elements: str
page:
  description: Path of the page.
  returned: always
  type: str
"""

import os
import time
from pathlib import Path

from ansible.module_utils.access.audit import Seen, audit
from ansible.module_utils.access.policy import PolicyError, parse
from ansible.module_utils.access.report import lines, page, summary
from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {
    "model": {"type": "dict", "required": True},
    "tiers": {"type": "list", "elements": "str", "required": True},
    "looks": {"type": "dict", "required": True},
    "groups": {"type": "dict"},
    "environment_name": {"type": "str", "required": True},
    "directory": {"type": "path", "required": True},
    "style": {"type": "str", "required": True},
}


def write(path: Path, text: str) -> None:
    """Write a file for its owner alone."""
    part = path.with_name(f".{path.name}.part")
    with open(part, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    part.replace(path)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params, model, now = module.params, module.params["model"], time.time()
    try:
        policy = parse(
            model["policy"],
            model["sources"],
            model["hosts"],
            now,
            tiers=params["tiers"],
            endpoint=model["db_endpoint"],
            database_port=int(model["database_port"]),
            lenient=True,
        )
    except PolicyError as error:
        module.fail_json(msg=str(error))
    aws = params["groups"]
    seen = Seen(params["looks"], aws["groups"] if aws else None, aws["instances"] if aws else ())
    place = {"tiers": params["tiers"], "now": now, "environment": params["environment_name"]}
    report = audit(policy, model["sources"], seen, **place)
    directory = Path(params["directory"])
    if not module.check_mode:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(directory / "audit.json", report.to_json())
            write(directory / "audit.html", page(report, params["style"]))
        except OSError as error:
            module.fail_json(msg=f"The report cannot be written: {error}; choose another access_audit_dir.")
    module.exit_json(
        changed=False,
        findings=[finding.to_dict() for finding in report.findings],
        summary=summary(report),
        lines=lines(report.findings),
        page=str(directory / "audit.html"),
    )


if __name__ == "__main__":
    main()
