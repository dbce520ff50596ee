#!/usr/bin/python
"""Name images by what they are built from."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_tags
short_description: Name images by what they are built from, and pack it
description:
  - Reads the folders that each image is built from, without what git ignores, and derives the image's tag from that.
    The same files give the same tag on every machine; any change gives another.
  - Packs all of it into one archive, which is the same for the same files. Runs where the repository lies.
options:
  root:
    description: The repository.
    type: path
    required: true
  images:
    description: The images, in the order in which they build on each other.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the image.
        type: str
        required: true
      paths:
        description: Files and folders of the repository that its build reads.
        type: list
        elements: str
        required: true
      build_args:
        description: Arguments of its build.
        type: dict
        default: {}
  base_image:
    description: What the images are built on. Unless given, the first image is the base of the others.
    type: str
    default: ""
  archive:
    description: Where to put the archive. Check mode does not write it.
    type: path
    required: true
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
- name: Name the images by what they are built from
  image_tags:
    root: "{{ repository_dir }}"
    images:
      - {name: base, paths: [images/base]}
      - {name: backend, paths: [images/backend, app/backend, files/migrations]}
    archive: "{{ state_dir }}/build.tar"
  delegate_to: localhost
  register: image_tags
"""

RETURN = r"""
tags:
  description: The tag of each image.
  returned: always
  type: dict
  sample: {base: 5f2b0e6c1d7a9043, backend: 0a4c1b9d8e7f6352}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.images.context import Image, RefusedError, content_tag, git_files, write_archive

ARGUMENTS = {
    "root": {"type": "path", "required": True},
    "images": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "paths": {"type": "list", "elements": "str", "required": True},
            "build_args": {"type": "dict", "default": {}},
        },
    },
    "base_image": {"type": "str", "default": ""},
    "archive": {"type": "path", "required": True},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    images = [
        Image(item["name"], tuple(item["paths"]), {name: str(value) for name, value in item["build_args"].items()})
        for item in module.params["images"]
    ]
    base: str = module.params["base_image"]
    tags: dict[str, str] = {}
    try:
        files = git_files(Path(module.params["root"]), sorted({path for image in images for path in image.paths}))
        for image in images:
            tags[image.name] = content_tag(image, files, base)
            base = base or tags[image.name]
        if not module.check_mode:
            with Path(module.params["archive"]).open("wb") as archive:
                write_archive(files, archive)
    except RefusedError as refusal:
        module.fail_json(msg=str(refusal))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}.")
    module.exit_json(changed=False, tags=tags)


if __name__ == "__main__":
    main()
