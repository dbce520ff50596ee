#!/usr/bin/python
"""Tell hooks what happened: commands on this host, and webhooks."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hooks
short_description: Give an entry of the journal to commands and webhooks
description:
  - Runs one hook after the other, on the controller as a rule. A command gets the entry as JSON on its standard input,
    a webhook as the body of a POST.
  - Names neither a command's arguments, nor more of an address than its host, nor a token.
options:
  hooks:
    description: The hooks, in their order.
    type: list
    elements: dict
    required: true
    suboptions:
      command:
        description: A command and its arguments. It has to end with status 0.
        type: list
        elements: str
      url:
        description: An address that the entry is posted to. It has to answer with a status from 200 to 299.
        type: str
      token_file:
        description: File on this host with a bearer token for O(hooks[].url).
        type: path
      seconds:
        description: How long the hook may take.
        type: float
        default: 60.0
  entry:
    description: The entry.
    type: dict
    required: true
  required:
    description: Whether the first hook that fails fails the module. Otherwise each that does is a warning.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Calls none.
  diff_mode:
    support: none
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Ask whether the upgrade may begin
  hooks:
    hooks:
      - command: [/usr/local/bin/may-upgrade]
      - url: https://chat.example.org/hooks/upgrades
        token_file: /etc/chat.token
    entry: "{{ operation_begun.entries | last }}"
    required: true
  delegate_to: localhost
"""

RETURN = r"""
failures:
  description: Why hooks failed, each in a sentence.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hooks.delivery import HookError, deliver
from ansible.module_utils.hooks.model import Hook

ARGUMENTS = {
    "hooks": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "command": {"type": "list", "elements": "str"},
            # Whoever knows the address of a webhook may post to it.
            "url": {"type": "str", "no_log": True},
            "token_file": {"type": "path", "no_log": False},
            "seconds": {"type": "float", "default": 60.0},
        },
        "required_one_of": [["command", "url"]],
        "mutually_exclusive": [["command", "url"], ["command", "token_file"]],
    },
    "entry": {"type": "dict", "required": True},
    "required": {"type": "bool", "default": False},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    failures: list[str] = []
    for hook in [] if module.check_mode else params["hooks"]:
        try:
            deliver(Hook.of(hook), params["entry"])
        except HookError as error:
            if params["required"]:
                module.fail_json(msg=str(error))
            module.warn(f"{error} (the outcome stands)")
            failures.append(str(error))
    module.exit_json(changed=bool(params["hooks"]), failures=failures)


if __name__ == "__main__":
    main()
