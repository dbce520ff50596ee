#!/usr/bin/python
"""Build one image from an archive."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_build
short_description: Build one image from an archive of the repository
description:
  - Builds with BuildKit and the engine's own client, with or without the buildx plugin.
    M(community.docker.docker_image_build) needs that plugin, M(community.docker.docker_image) knows no build secrets.
  - The build sees only O(paths). What fails over the network is tried again; any other failure shows the end of what
    the build printed.
  - Builds whenever it is run, unless O(kept) is there; M(image_plan) says when that is needed.
options:
  reference:
    description: Name and tag that the image gets.
    type: str
    required: true
  archive:
    description: Archive on the host, as M(image_tags) packs it.
    type: path
    required: true
  paths:
    description: Files and folders of the archive that the build reads.
    type: list
    elements: str
    required: true
  dockerfile:
    description: Path in the archive of the Dockerfile. Either this or O(bootstrap).
    type: str
  bootstrap:
    description: Path in the archive of a shell script that prints the image's file system as a tar archive.
    type: str
  suite:
    description: Argument of O(bootstrap).
    type: str
  build_args:
    description: Arguments of the build, none of them secret.
    type: dict
    default: {}
  ca:
    description: File on the host with CA certificates, given to the build as the secret C(ca). Empty, there is none.
    type: str
    default: ""
  network:
    description: Network that the steps of the build use.
    type: str
    default: default
  kept:
    description:
      - File on the host with the image as an archive, which is loaded where it is there, and written after a build.
      - Its name has to say what the image is made of, as the tags of M(image_tags) do. Empty, none is kept.
    type: str
    default: ""
  attempts:
    description: How often a build is tried that fails over the network.
    type: int
    default: 3
attributes:
  check_mode:
    support: full
    description: Builds nothing.
  diff_mode:
    support: none
    description: There is nothing to compare.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Build the edge's image
  image_build:
    reference: 198.18.0.15:5000/jobfolio/edge:5f2b0e6c1d7a9043
    archive: /var/lib/jobfolio/build/context.tar
    paths: [images/edge]
    dockerfile: images/edge/Dockerfile
    build_args: {BASE_IMAGE: "198.18.0.15:5000/jobfolio/base:0a4c1b9d8e7f6352"}
"""

RETURN = r"""
taken:
  description: Whether the image was kept, and not built.
  returned: success
  type: bool
seconds:
  description: How long it took.
  returned: success
  type: int
"""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.images.engine import BuildFailedError, attempt, bootstrap, build, build_command, keep, take

if TYPE_CHECKING:
    from collections.abc import Callable

ARGUMENTS = {
    "reference": {"type": "str", "required": True},
    "archive": {"type": "path", "required": True},
    "paths": {"type": "list", "elements": "str", "required": True},
    "dockerfile": {"type": "str"},
    "bootstrap": {"type": "str"},
    "suite": {"type": "str"},
    "build_args": {"type": "dict", "default": {}},
    "ca": {"type": "str", "default": ""},
    "network": {"type": "str", "default": "default"},
    "kept": {"type": "str", "default": ""},
    "attempts": {"type": "int", "default": 3},
}


def builder(module: AnsibleModule) -> Callable[[], None]:
    """Return what builds the image."""
    reference, archive = module.params["reference"], Path(module.params["archive"])
    if module.params["bootstrap"]:
        return partial(bootstrap, reference, module.params["bootstrap"], module.params["suite"], archive)
    ca = module.params["ca"]
    command = build_command(
        reference,
        module.params["dockerfile"],
        {name: str(value) for name, value in module.params["build_args"].items()},
        module.params["network"],
        Path(ca) if ca else None,
    )
    return partial(build, command, archive, module.params["paths"])


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        supports_check_mode=True,
        required_one_of=[["dockerfile", "bootstrap"]],
        mutually_exclusive=[["dockerfile", "bootstrap"]],
        required_by={"bootstrap": ["suite"]},
    )
    started = time.monotonic()
    reference, kept = module.params["reference"], Path(module.params["kept"]) if module.params["kept"] else None
    taken = False
    if not module.check_mode:
        try:
            taken = kept is not None and take(kept, reference)
            if not taken:
                attempt(builder(module), module.params["attempts"])
                if kept is not None:
                    keep(reference, kept)
        except BuildFailedError as failure:
            module.fail_json(msg=f"{reference} was not built. The end of what the build printed:\n{failure}")
        except OSError as error:
            module.fail_json(msg=f"{reference} was not built: {error.filename}: {error.strerror}.")
    module.exit_json(changed=True, taken=taken, seconds=round(time.monotonic() - started))


if __name__ == "__main__":
    main()
