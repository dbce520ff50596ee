#!/usr/bin/python
"""Say what has to happen so that a service's slots hold exactly one container, and that the one asked for."""

from __future__ import annotations

DOCUMENTATION = r"""
module: slot_plan
short_description: Compare the containers of a service with its description, and plan the replacement
description:
  - Reads the containers in one or two slots and returns the steps that lead to exactly one container as described.
  - A container is compared by the description in its own label, never by what an engine's version makes of defaults.
    Its files count through keyed digests; the key never leaves the host.
  - It reports a change where steps are needed, with the difference as its diff. It starts and stops nothing.
options:
  spec:
    description: The description as the role C(container) documents it, but without its files, which may be secrets.
    type: dict
    required: true
  files:
    description: Paths of the files on the host that belong to the description. Directories are passed over.
    type: list
    elements: str
    default: []
  slots:
    description: Names of the containers, one or two.
    type: list
    elements: str
    required: true
  network:
    description: Docker network that is joined where the description names none.
    type: str
    required: true
  changed_files:
    description: Files that were changed in this run. In check mode they differ although the host does not show it.
    type: list
    elements: str
    default: []
  key_file:
    description: File on the host with the key for digests. It is made when it is first needed.
    type: path
    required: true
  in_place:
    description: Whether to replace a container where it stands, which loses requests.
    type: bool
    default: false
  address:
    description: Address on which the slots are published. Only asked where two containers are left that nobody wants.
    type: str
  ports:
    description: Published port of each slot.
    type: list
    elements: int
    default: []
  ready_path:
    description: Path of the readiness endpoint.
    type: str
attributes:
  check_mode:
    support: full
    description: Plans, and makes no key.
  diff_mode:
    support: full
    description: Shows what differs between the running container's description and the one asked for.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Compare the backend's slots with its description
  slot_plan:
    spec: {name: backend, image: "registry:5000/jobfolio/backend@sha256:…", memory: 512m}
    slots: [backend-a, backend-b]
    network: jobfolio
    key_file: /etc/jobfolio/container.key
    address: 10.0.1.12
    ports: [8001, 8002]
    ready_path: /readyz
  register: backend_plan
"""

RETURN = r"""
plan:
  description: The steps in their order; a step that is not needed is null.
  returned: always
  type: dict
  contains:
    evict: {description: Slot to empty first while C(keep) serves., type: str, returned: always}
    keep: {description: Slot that serves until the new one is ready., type: str, returned: always}
    start: {description: Slot to start the container in., type: str, returned: always}
    check: {description: Whether to wait until C(serve) is ready., type: bool, returned: always}
    serve: {description: Slot that serves in the end., type: str, returned: always}
    retire: {description: Slot to empty last., type: str, returned: always}
spec:
  description: The description with every default filled in.
  returned: always
  type: dict
label:
  description: The label that the container is to carry.
  returned: always
  type: dict
containers:
  description: Container ID by slot, of those that are there.
  returned: always
  type: dict
"""

import os
import secrets
import stat
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rolling.engine import Engine
from ansible.module_utils.rolling.readiness import ask
from ansible.module_utils.rolling.slots import Slot, plan
from ansible.module_utils.rolling.spec import LABEL, complete, differences, file_digest, label, read_label

ARGUMENTS = {
    "spec": {"type": "dict", "required": True},
    "slots": {"type": "list", "elements": "str", "required": True},
    "files": {"type": "list", "elements": "str", "default": []},
    "network": {"type": "str", "required": True},
    "changed_files": {"type": "list", "elements": "str", "default": []},
    # The path of a key is no secret.
    "key_file": {"type": "path", "required": True, "no_log": False},
    "in_place": {"type": "bool", "default": False},
    "address": {"type": "str"},
    "ports": {"type": "list", "elements": "int", "default": []},
    "ready_path": {"type": "str"},
}


def host_key(path: str, *, make: bool) -> bytes:
    """Return this host's key for digests, made on first use and readable by root only."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(32)
    if make:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
            file.write(key)
    return key


def digests(key: bytes, paths: list[str], changed: list[str]) -> dict[str, str]:
    """Return the digest of every file; of one that is still to be changed only that it will be another."""
    found = {}
    for path in paths:
        if os.path.isdir(path):
            continue
        if path in changed or not os.path.exists(path):
            found[path] = "to be changed" if path in changed else "absent"
            continue
        status = os.stat(path)
        attributes = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
        found[path] = file_digest(key, path, attributes, Path(path).read_bytes())
    return found


def observe(name: str, inspected: dict[str, Any] | None, wanted: str) -> Slot:
    """Return what stands in a slot."""
    if inspected is None:
        return Slot(name)
    state = inspected["State"]
    return Slot(
        name,
        exists=True,
        running=bool(state["Running"] and not state.get("Restarting") and not state.get("Paused")),
        matches=(inspected["Config"]["Labels"] or {}).get(LABEL) == wanted,
        healthy=(state.get("Health") or {}).get("Status", "healthy") == "healthy",
        created=inspected["Created"],
    )


def with_readiness(slots: list[Slot], params: dict[str, Any]) -> list[Slot]:
    """Ask the slots whether they are ready, where the plan will depend on it: two run and neither is wanted."""
    if sum(slot.running for slot in slots) <= 1 or any(slot.matches for slot in slots):
        return slots
    return [
        Slot(**asdict(slot) | {"ready": ask(params["address"], port, params["ready_path"]).ready})
        for slot, port in zip(slots, params["ports"], strict=True)
    ]


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    spec = complete(params["spec"], params["network"])
    try:
        key = host_key(params["key_file"], make=not module.check_mode) if params["files"] else b""
        wanted = label(spec, digests(key, params["files"], params["changed_files"] if module.check_mode else []))
        found = {name: Engine().inspect(name) for name in params["slots"]}
    except OSError as error:
        module.fail_json(msg=f"The containers of {spec['name']} cannot be compared with what is asked for: {error}")
    slots = [observe(name, inspected, wanted) for name, inspected in found.items()]
    steps = plan(with_readiness(slots, params), in_place=params["in_place"])
    result: dict[str, Any] = {
        "changed": steps.changes,
        "plan": asdict(steps),
        "spec": spec,
        "label": {LABEL: wanted},
        "containers": {name: inspected["Id"] for name, inspected in found.items() if inspected},
    }
    if module._diff and steps.changes:
        now = found[steps.keep or steps.retire or steps.serve]
        said = read_label((now["Config"]["Labels"] or {}).get(LABEL)) if now else {}
        before, after = differences(said, read_label(wanted))
        result["diff"] = {"before_header": f"{spec['name']} as it runs", "after_header": f"{spec['name']} as asked for"}
        result["diff"] |= {"before": before, "after": after}
    module.exit_json(**result)


if __name__ == "__main__":
    main()
