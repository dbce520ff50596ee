#!/usr/bin/python
"""Write, create and remove many files in one module run."""

from __future__ import annotations

DOCUMENTATION = r"""
module: file_set
short_description: Write, create and remove many files and directories in one run
description:
  - Brings a set of files and directories to the stated content, mode and owner, and removes what shall not be there.
  - One run for a whole service costs as much as one run of M(ansible.builtin.copy), which writes a single file.
  - Every changed file is validated before any of them lands; each lands whole, with its final mode and owner.
options:
  files:
    description: The paths to care for, each listed once.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Absolute path. Its parent must exist or be listed as a directory too, with a mode of its own.
        type: path
        required: true
      state:
        description: What the path shall be. A directory is never replaced by a file, nor a file by a directory.
        type: str
        choices: [file, directory, absent]
        default: file
      content:
        description: The whole content of a file, as it shall be.
        type: str
      secret_content:
        description: The same for a secret. It appears in no log and no diff, and neither does a digest of it.
        type: str
      mode:
        description:
          - Four octal digits in quotes.
          - Unless given, V(0644) for O(files[].content), V(0400) for O(files[].secret_content), V(0755) for
            directories.
        type: str
      owner:
        description: Name or uid. Unless given, the user that the task runs as.
        type: str
      group:
        description: Name or gid. Unless given, the group of the user that the task runs as.
        type: str
      validate:
        description:
          - Command that judges the file before it lands; C(%s) stands for the path of a copy.
          - It runs without a shell, in check mode too where the command exists.
        type: str
      keep:
        description: A file that is there keeps its content, which is another's to change; mode and owner do not.
        type: bool
        default: false
      keep_lines:
        description:
          - The lines that are there stay, and those of the content that are not there come after them.
          - For a secret that is used by its first line and accepted by any, while a new one takes its place.
        type: bool
        default: false
  purge:
    description:
      - Directories from which everything is removed that is not listed in O(files) and does not lead to something
        listed.
      - Only their direct entries are looked at; what lies in a listed directory stays unless that directory is
        given here too.
    type: list
    elements: path
    default: []
attributes:
  check_mode:
    support: full
    description: Changes nothing and returns what would change.
  diff_mode:
    support: full
    description: Shows each file before and after, except secrets.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Write the edge's configuration
  file_set:
    files:
      - {path: /etc/jobfolio/edge, state: directory}
      - path: /etc/jobfolio/edge/haproxy.cfg
        content: "{{ lookup('ansible.builtin.template', 'haproxy.cfg.j2') }}"
        mode: "0640"
        group: "10003"
        validate: haproxy -c -f %s
      - {path: /etc/jobfolio/edge/secrets, state: directory, mode: "0700", owner: "10003", group: "10003"}
      - path: /etc/jobfolio/edge/secrets/edge.key
        secret_content: "{{ lookup('ansible.builtin.file', tls_dir ~ '/edge.key') }}"
        owner: "10003"
        group: "10003"
      - {path: /etc/jobfolio/edge/errors.d, state: absent}
    purge: [/etc/jobfolio/edge, /etc/jobfolio/edge/secrets]
  register: edge_files

- name: Reload the edge
  ansible.builtin.debug:
    msg: It would be reloaded here.
  when: "'/etc/jobfolio/edge/haproxy.cfg' in edge_files.changed_files"
"""

RETURN = r"""
changed_files:
  description: Every path that was written, created, given another mode or owner, or removed; in check mode, that
    would be.
  returned: always
  type: list
  elements: str
  sample: [/etc/jobfolio/edge/haproxy.cfg]
missing_lines:
  description: Every file with O(files[].keep_lines) that was there and had not every line of the content.
  returned: always
  type: list
  elements: str
  sample: [/etc/jobfolio/backend/secrets/secret_key]
lost_first_lines:
  description: Every file with O(files[].keep_lines) whose first line, as it was there, is not in the content.
  returned: always
  type: list
  elements: str
  sample: [/etc/jobfolio/backend/secrets/secret_key]
"""

import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.files.diff import describe
from ansible.module_utils.files.disk import apply, entries, group_id, observe, stage, user_id
from ansible.module_utils.files.plan import (
    Change,
    RefusedError,
    Wanted,
    check_paths,
    loses_first_line,
    misses_lines,
    missing_parents,
    parse_mode,
    plan,
    unlisted,
    with_kept_lines,
)

ARGUMENTS = {
    "files": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["file", "directory", "absent"], "default": "file"},
            "content": {"type": "str"},
            "secret_content": {"type": "str", "no_log": True},
            "mode": {"type": "str"},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            "validate": {"type": "str"},
            "keep": {"type": "bool", "default": False},
            "keep_lines": {"type": "bool", "default": False},
        },
        "mutually_exclusive": [["content", "secret_content"]],
        "required_if": [["state", "file", ["content", "secret_content"], True]],
    },
    "purge": {"type": "list", "elements": "path", "default": []},
}


def wanted_from(item: dict[str, Any]) -> Wanted:
    """Return one listed path with its defaults filled in."""
    if item["state"] == "absent":
        return Wanted(item["path"], "absent")
    is_directory, secret = item["state"] == "directory", item["secret_content"] is not None
    if is_directory and (secret or item["content"] is not None or item["validate"]):
        raise RefusedError(f"{item['path']} is a directory: it has no content, secret_content or validate.")
    if item["validate"] and "%s" not in item["validate"]:
        raise RefusedError(f"{item['path']}: validate has no %s that stands for the file.")
    text = item["secret_content"] if secret else item["content"]
    return Wanted(
        path=item["path"],
        state=item["state"],
        mode=parse_mode(item["mode"] or ("0755" if is_directory else "0400" if secret else "0644")),
        uid=user_id(item["owner"]),
        gid=group_id(item["group"]),
        content=None if is_directory else text.encode(),
        secret=secret,
        validate=item["validate"],
        keep=item["keep"],
        keep_lines=item["keep_lines"],
    )


def make_plan(module: AnsibleModule) -> tuple[list[Change], dict[str, list[str]]]:
    """Return what has to change, and what is told of the files whose lines stay; refuse what cannot be done."""
    wanted = [wanted_from(item) for item in module.params["files"]]
    purge = module.params["purge"]
    check_paths(wanted, purge)
    parents = {str(Path(item.path).parent) for item in wanted}
    missing = missing_parents(wanted, {path: observe(path, read=False) for path in parents})
    if missing and module.check_mode:
        # An earlier task that check mode skipped may have been going to make them.
        module.warn(f"{', '.join(missing)}: not there yet, and not listed with state directory.")
    elif missing:
        raise RefusedError(
            f"{', '.join(missing)}: not there; list it with state directory, and the mode that it shall have."
        )
    surplus = unlisted(wanted, {directory: entries(directory) for directory in purge})
    found = {item.path: observe(item.path, read=item.state == "file") for item in wanted}
    found.update({path: observe(path, read=False) for path in surplus})
    lines = [item for item in wanted if item.keep_lines]
    told = {
        "missing_lines": [item.path for item in lines if misses_lines(item, found[item.path])],
        "lost_first_lines": [item.path for item in lines if loses_first_line(item, found[item.path])],
    }
    changes: list[Change] = plan([with_kept_lines(item, found[item.path]) for item in wanted], found, surplus)
    return changes, told


def validate(module: AnsibleModule, changes: list[Change]) -> None:
    """Have every file that will be written judged by its command."""
    for change in changes:
        wanted = change.wanted
        if change.action != "write" or wanted is None or not wanted.validate:
            continue
        command = shlex.split(wanted.validate)
        if module.check_mode and shutil.which(command[0]) is None:
            continue
        staged = stage(wanted.content or b"", tempfile.gettempdir())
        try:
            code, out, err = module.run_command([word.replace("%s", staged) for word in command])
        finally:
            Path(staged).unlink()
        if code != 0:
            said = "its words are kept back, for the file is secret" if wanted.secret else (err or out).strip()
            raise RefusedError(f"{change.path} is refused by {command[0]!r} (exit status {code}): {said}")


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    done: list[str] = []
    try:
        changes, told = make_plan(module)
        validate(module, changes)
        for change in changes:
            if not module.check_mode:
                apply(change)
            done.append(change.path)
    except RefusedError as refusal:
        module.fail_json(msg=str(refusal), changed_files=done)
    except OSError as error:
        module.fail_json(
            msg=f"{error.filename}: {error.strerror}; changed before that: {done or 'nothing'}.", changed_files=done
        )
    result: dict[str, Any] = {"changed": bool(changes), "changed_files": done} | told
    if module._diff:
        result["diff"] = [describe(change) for change in changes]
    module.exit_json(**result)


if __name__ == "__main__":
    main()
