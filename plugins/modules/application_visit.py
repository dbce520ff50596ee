#!/usr/bin/python
"""Use the application as a person would, and say where it does not work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: application_visit
short_description: Use the application as a person would
description:
  - Opens the page, logs in (the first time it signs up), saves a profile and reads it back, in one visit with one
    cookie jar, over TLS that is verified.
  - Runs where people are rather than on a host of the fleet. No proxy is asked.
options:
  url:
    description: Where the application answers, without a path.
    type: str
    required: true
  ca_file:
    description: CA that the certificate is verified against. Without one, those that the machine trusts.
    type: path
  email:
    description: The account's address.
    type: str
    required: true
  password:
    description: The account's password.
    type: str
    required: true
  headline:
    description: What is saved.
    type: str
    required: true
  patience:
    description: Seconds for which the first page may not be there yet, as where an edge has just started.
    type: float
    default: 20
attributes:
  check_mode:
    support: full
    description: Visits nothing, since a visit saves something.
  diff_mode:
    support: none
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Use the application as a person would
  application_visit:
    url: https://jobfolio.example.org
    email: deploy-verification@jobfolio.example.org
    password: "{{ verification_password }}"
    headline: Verified with release 1.1.0
  delegate_to: localhost
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.verification.visit import VisitError, Visitor

ARGUMENTS = {
    "url": {"type": "str", "required": True},
    "ca_file": {"type": "path"},
    "email": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "headline": {"type": "str", "required": True},
    "patience": {"type": "float", "default": 20},
}


def open_page(visitor: Visitor, patience: float) -> None:
    """Open the first page, again and again for so many seconds."""
    end = time.monotonic() + patience
    while True:
        try:
            visitor.open_page()
        except VisitError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.5)
        else:
            return


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    if not params["url"].startswith(("https://", "http://")):
        module.fail_json(msg=f"{params['url']} is no URL: it has to begin with https://")
    if module.check_mode:
        module.exit_json(changed=False)
    try:
        visitor = Visitor(params["url"], ca_file=params["ca_file"])
        open_page(visitor, params["patience"])
        visitor.sign_in(params["email"], params["password"])
        visitor.save(params["headline"])
    except FileNotFoundError as error:
        module.fail_json(msg=f"{error.strerror}: {params['ca_file']}")
    except VisitError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
