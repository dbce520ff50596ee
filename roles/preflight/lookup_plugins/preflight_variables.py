"""Judges the variables that roles will get, before any of them runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.lookup import LookupBase

# On a controller, plugins find the project's own Python only so.
sys.path.append(str(Path(__file__).parents[3] / "plugins" / "module_utils"))

from host.judge import judge_secret

DOCUMENTATION = r"""
name: preflight_variables
short_description: Judge the variables that roles will get
description:
  - Returns one sentence for each variable that does not meet the C(meta/argument_specs.yml) of the roles named as
    terms, and for each secret that is missing, still encrypted, or a placeholder.
  - Ansible makes the first of these checks itself when a role starts, but by then the roles before it have changed
    hosts.
  - What a role's own defaults say is not judged, since some of it is known only later.
options:
  _terms:
    description: Roles, by name, that lie beside the role that asks.
    type: list
    elements: str
    required: true
  secrets:
    description: Names of variables that hold secrets.
    type: list
    elements: str
    default: []
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- ansible.builtin.debug:
    msg: "{{ query('preflight_variables', 'backend', secrets=['backend_secret_key']) }}"
"""

RETURN = r"""
_raw:
  description: The sentences.
  type: list
  elements: str
"""


ROLES = Path(__file__).parents[2]
VAULT_REMEDY = "give --vault-password-file or --ask-vault-pass."


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible is not typed
    """The lookup."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:  # noqa: ANN401
        """Return the problems, each once."""
        self.set_options(var_options=variables, direct=kwargs)
        given = variables or {}
        problems: dict[str, None] = {}
        for role in terms:
            problems.update(dict.fromkeys(self._judge_role(role, given)))
        for name in self.get_option("secrets"):
            problem = self._judge_secret(name, given)
            if problem:
                problems[problem] = None
        return list(problems)

    def _judge_role(self, role: str, given: dict[str, Any]) -> list[str]:
        """Return what is wrong with the variables that the operator gives a role."""
        options, defaults = specified(ROLES / role), self._defaults(ROLES / role)
        templar = self._templar.copy_with_new_env(available_variables={**defaults, **given})
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name in options:
            if name in given:
                try:
                    values[name] = templar.template(given[name])
                except AnsibleError as error:
                    problems.append(self._cannot_tell(name, error))
        spec = {
            name: {**option, "required": option.get("required", False) and name not in defaults and name not in given}
            for name, option in options.items()
        }
        judged = ArgumentSpecValidator(spec).validate(values, validate_role_argument_spec=True)
        hidden = [str(values[name]) for name in values if options[name].get("no_log")]
        for message in judged.error_messages:
            told = message
            for value in hidden:
                told = told.replace(value, "(hidden)")
            problems.append(f"{told.rstrip('.')}; correct it in group_vars (docs: role {role}).")
        return problems

    def _judge_secret(self, name: str, given: dict[str, Any]) -> str | None:
        if name not in given:
            return f"Secret {name} is not defined; set it in group_vars (encrypted with ansible-vault)."
        try:
            value = self._templar.copy_with_new_env(available_variables=given).template(given[name])
        except AnsibleError as error:
            return self._cannot_tell(name, error)
        return judge_secret(name, value)

    def _cannot_tell(self, name: str, error: AnsibleError) -> str:
        reason = str(error).rstrip(".")
        if "vault" in reason.lower():
            return f"{name} cannot be decrypted; {VAULT_REMEDY}"
        return f"{name} cannot be worked out: {reason}; correct it in group_vars."

    def _defaults(self, role: Path) -> dict[str, Any]:
        """Return a role's defaults, which may be templates."""
        file = role / "defaults" / "main.yml"
        return dict(self._loader.load_from_file(str(file), trusted_as_template=True) or {}) if file.exists() else {}


def specified(role: Path) -> dict[str, Any]:
    """Return the options of a role's main entry point; none where it has none.

    Ansible's own loader would take ten times as long, on each host, for what it notes down about every word.
    """
    file = role / "meta" / "argument_specs.yml"
    if not file.exists():
        return {}
    specs = yaml.load(file.read_text(), yaml.CSafeLoader)["argument_specs"]
    return dict(specs.get("main", {}).get("options", {}))
