#!/usr/bin/python
"""Keep a certificate authority and the certificates that it signs, in a directory."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificates
short_description: Keep a certificate authority and the certificates that it signs
description:
  - Keeps C(ca.crt), C(ca.key), and C(NAME.crt) and C(NAME.key) for each listed certificate, in one directory, in one
    run.
  - A certificate is issued again, with a new key, when its names change, its authority changes, or less than a third of
    its life is left. Otherwise nothing is written.
  - An authority's key is never replaced. C(ca.crt) is issued again for the same key when what it may vouch for
    changes or its end comes near; what it signed before stays valid.
  - Keys are readable by their owner only.
options:
  directory:
    description: Where the files lie. It is made with mode V(0755) where it is missing; its parents too.
    type: path
    required: true
  certificates:
    description: The certificates that shall be there. Files of others in the directory are left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of its files.
        type: str
        required: true
      dns:
        description: Host names that it vouches for.
        type: list
        elements: str
        default: []
      ips:
        description: Addresses that it vouches for.
        type: list
        elements: str
        default: []
      client:
        description: Its holder shows it to servers, too, as the one who it is.
        type: bool
        default: false
      supplied:
        description:
          - The operator puts both files there. They are never written; they are refused where they do not belong
            together, have expired, or do not cover O(certificates[].dns).
        type: bool
        default: false
  authority:
    description:
      - Common name of the authority.
      - A C(ca.crt) of another name, or without C(ca.key) beside it, is the operator's own and is used as it is.
    type: str
    required: true
  permitted_domains:
    description: Domains that the authority may vouch for. Names listed outside them are added one by one.
    type: list
    elements: str
    default: []
  permitted_networks:
    description: Networks that the authority may vouch for, as CIDR. Addresses outside them are added one by one.
    type: list
    elements: str
    default: []
  authority_days:
    description: Days that the authority's certificate is valid.
    type: int
    default: 3650
  days:
    description: Days that a certificate is valid.
    type: int
    default: 90
requirements:
  - cryptography
attributes:
  check_mode:
    support: full
    description: Issues nothing and returns what would be issued.
  diff_mode:
    support: full
    description: Shows names, issuer and end of each certificate that is issued. Keys are never shown.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Keep the fleet's certificates
  certificates:
    directory: "{{ tls_dir }}"
    authority: Jobfolio CA
    permitted_domains: [jobfolio.test]
    permitted_networks: [10.0.0.0/8]
    certificates:
      - {name: registry, ips: [10.0.0.15]}
      - {name: edge, dns: [jobfolio.test], supplied: true}
  delegate_to: localhost
  become: false
  run_once: true
"""

RETURN = r"""
issued:
  description: The certificates that were issued, in check mode would be, each with C(name) and C(reason).
  returned: always
  type: list
  elements: dict
  sample: [{name: edge, reason: "its names changed, or what it is for"}]
changed_files:
  description: The files that were written or given another mode.
  returned: always
  type: list
  elements: str
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.files.disk import apply, observe
from ansible.module_utils.files.plan import Change, Found, Wanted
from ansible.module_utils.files.plan import plan as plan_files

try:
    from ansible.module_utils.tls.plan import CA, Issue, Policy, RefusedError, Wish, plan
    from ansible.module_utils.tls.x509 import Names
except ImportError as error:
    LIBRARY_ERROR: ImportError | None = error
else:
    LIBRARY_ERROR = None

ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "certificates": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "dns": {"type": "list", "elements": "str", "default": []},
            "ips": {"type": "list", "elements": "str", "default": []},
            "client": {"type": "bool", "default": False},
            "supplied": {"type": "bool", "default": False},
        },
    },
    "authority": {"type": "str", "required": True},
    "permitted_domains": {"type": "list", "elements": "str", "default": []},
    "permitted_networks": {"type": "list", "elements": "str", "default": []},
    "authority_days": {"type": "int", "default": 3650},
    "days": {"type": "int", "default": 90},
}


def make_issues(params: dict[str, Any], found: dict[str, Found]) -> list[Issue]:
    """Return what has to be issued."""
    wishes = [
        Wish(item["name"], Names.of(item["dns"], item["ips"]), client=item["client"], supplied=item["supplied"])
        for item in params["certificates"]
    ]
    policy = Policy(
        authority=params["authority"],
        domains=params["permitted_domains"],
        networks=params["permitted_networks"],
        authority_days=params["authority_days"],
        days=params["days"],
    )
    stored = {name: file.content for name, file in found.items() if file.content is not None}
    issues: list[Issue] = plan(stored, wishes, policy, datetime.now(tz=UTC))
    return issues


def make_changes(directory: str, found: dict[str, Found], issues: list[Issue], ours: set[str]) -> list[Change]:
    """Return the files to write, and those of ours whose mode is wrong. Owners stay as they are."""
    contents = {name: file.content for name, file in found.items()}
    for issue in issues:
        contents.update(issue.files)
    wanted = [
        Wanted(
            path=f"{directory}/{name}",
            state="file",
            mode=0o600 if name.endswith(".key") else 0o644,
            uid=found[name].uid if found[name].kind == "file" else os.geteuid(),
            gid=found[name].gid if found[name].kind == "file" else os.getegid(),
            content=content,
            secret=name.endswith(".key"),
        )
        for name, content in contents.items()
        if content is not None and name in ours
    ]
    changes: list[Change] = plan_files(wanted, {f"{directory}/{name}": file for name, file in found.items()})
    return changes


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if LIBRARY_ERROR is not None:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=str(LIBRARY_ERROR))
    directory = module.params["directory"]
    listed = {item["name"]: item["supplied"] for item in module.params["certificates"]}
    names = [f"{stem}.{suffix}" for stem in [CA, *listed] for suffix in ("crt", "key")]
    ours = {name for name in names if not listed.get(name.rpartition(".")[0], False)}
    try:
        found = {name: observe(f"{directory}/{name}") for name in names}
        issues = make_issues(module.params, found)
        changes = make_changes(directory, found, issues, ours)
        if not module.check_mode:
            Path(directory).mkdir(mode=0o755, parents=True, exist_ok=True)
            for change in changes:
                apply(change)
    except (RefusedError, ValueError) as refusal:
        module.fail_json(msg=f"{directory}: {refusal}")
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}.")
    result: dict[str, Any] = {
        "changed": bool(changes),
        "issued": [{"name": issue.name, "reason": issue.reason} for issue in issues],
        "changed_files": [change.path for change in changes],
    }
    if module._diff:
        result["diff"] = [
            {
                "before_header": f"{directory}/{issue.name}.crt",
                "after_header": f"{directory}/{issue.name}.crt (issued: {issue.reason})",
                "before": issue.before,
                "after": issue.after,
            }
            for issue in issues
        ]
    module.exit_json(**result)


if __name__ == "__main__":
    main()
