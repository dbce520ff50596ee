#!/usr/bin/python
"""Say which images have to be built and pushed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_plan
short_description: Say which images have to be built and which to be pushed
description:
  - Asks the engine of the host, and the registry, which of some images they have. Changes nothing.
options:
  registry:
    description: The registry's HOST:PORT. One that does not answer yet has no images.
    type: str
    required: true
  ca:
    description: File on the host with the certificate that the registry's is verified against.
    type: path
    required: true
  repository:
    description: What the images' names begin with in the registry.
    type: str
    required: true
  tags:
    description: The tag of each image, in the order in which they build on each other.
    type: dict
    required: true
  needed:
    description: Images that the host runs itself, and needs in its engine even where the registry has them.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Reads only.
  diff_mode:
    support: none
    description: There is nothing to compare.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: See which images are missing
  image_plan:
    registry: 198.18.0.15:5000
    ca: /etc/docker/certs.d/198.18.0.15:5000/ca.crt
    repository: jobfolio
    tags: {base: 5f2b0e6c1d7a9043, registry: 93be10c44d5a6f21}
    needed: [registry]
  register: image_plan
"""

RETURN = r"""
build:
  description: Names of the images to build, in that order.
  returned: always
  type: list
  elements: str
push:
  description: Names of the images to push.
  returned: always
  type: list
  elements: str
digests:
  description: Digest of each image in the registry, null where it has none.
  returned: always
  type: dict
registry_trouble:
  description: Why the registry gave no answer, empty when it did.
  returned: always
  type: str
"""

import subprocess
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.images.engine import local_images
from ansible.module_utils.images.plan import plan
from ansible.module_utils.images.registry import UnreachableError, connect, digest

ARGUMENTS = {
    "registry": {"type": "str", "required": True},
    "ca": {"type": "path", "required": True},
    "repository": {"type": "str", "required": True},
    "tags": {"type": "dict", "required": True},
    "needed": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    address, repository, tags = (module.params[name] for name in ("registry", "repository", "tags"))
    digests: dict[str, str | None] = dict.fromkeys(tags)
    trouble = ""
    try:
        connection = connect(address, Path(module.params["ca"]))
        digests = {name: digest(connection, f"{repository}/{name}", tag) for name, tag in tags.items()}
    except UnreachableError as error:
        trouble = str(error)
    references = {name: f"{address}/{repository}/{name}:{tag}" for name, tag in tags.items()}
    try:
        held = local_images(references.values())
    except FileNotFoundError:
        # Check mode on a host that has no engine yet.
        held = set()
    except subprocess.CalledProcessError as error:
        module.fail_json(msg=f"The engine does not list its images: {error.stderr.strip()}")
    found = plan(list(tags), {name for name in tags if references[name] in held}, digests, module.params["needed"])
    module.exit_json(changed=False, build=found.build, push=found.push, digests=digests, registry_trouble=trouble)


if __name__ == "__main__":
    main()
