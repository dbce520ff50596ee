#!/usr/bin/python
"""Keep the roles, the database and the privileges of a PostgreSQL container."""

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_roles
short_description: Keep the roles, the database and the privileges of a PostgreSQL container
description:
  - Talks through C(docker exec) with psql on the local socket, so it needs no client on the host and no password of
    the superuser.
  - A password is compared with the verifier that the server keeps. A new one is sent as a verifier computed here, never
    as it is.
  - Has the server take a changed configuration, and tells what the roles of a deployment want to know of the cluster.
options:
  container:
    description: Name of the container.
    type: str
    required: true
  database:
    description: Name of the database.
    type: str
    required: true
  owner:
    description: Role that owns the database and makes its tables.
    type: str
    required: true
  application:
    description: Role that reads and writes what the owner makes, and makes nothing itself.
    type: str
    required: true
  roles:
    description: All roles that log in, the two above included.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the role.
        type: str
        required: true
      password:
        description: Its password, printable ASCII.
        type: str
        required: true
      member_of:
        description: Roles that it is a member of, and no others.
        type: list
        elements: str
        default: []
      superuser:
        description: A superuser of which only the password is cared for.
        type: bool
        default: false
  reload:
    description:
      - Whether the server shall read its configuration again. It does so anyway where a file is newer than that.
      - A faulty configuration fails the task, whatever this says, as long as it lies there.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Changes nothing and returns what would change. A container that is not there yet would get everything.
  diff_mode:
    support: full
    description: Shows the changes in words, without passwords or verifiers.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Keep the roles and the database
  postgres_roles:
    container: postgres
    database: jobfolio
    owner: jobfolio_owner
    application: jobfolio_app
    roles:
      - {name: jobfolio_owner, password: "{{ postgres_owner_password }}"}
      - {name: jobfolio_app, password: "{{ postgres_app_password }}"}
      - {name: jobfolio_monitor, password: "{{ postgres_monitor_password }}", member_of: [pg_monitor]}
"""

RETURN = r"""
changes:
  description: What was changed, or in check mode would be, one item each.
  returned: always
  type: list
  elements: str
cluster:
  description:
    - C(system_identifier), C(version), C(data_directory), C(data_checksums) of the cluster, the settings in
      C(pending_restart), and the databases in C(collation_mismatches), whose order of text has changed with the image.
    - Empty when check mode found no container.
  returned: always
  type: dict
revisions:
  description: What the database's C(alembic_version) holds; empty where no migration has run.
  returned: always
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.postgres.client import NotRunningError, PsqlError, answers, configuration_errors, psql
from ansible.module_utils.postgres.model import Found, Role, Wanted
from ansible.module_utils.postgres.plan import plan, script
from ansible.module_utils.postgres.queries import OBSERVE
from ansible.module_utils.postgres.scram import PasswordError

ARGUMENTS = {
    "container": {"type": "str", "required": True},
    "database": {"type": "str", "required": True},
    "owner": {"type": "str", "required": True},
    "application": {"type": "str", "required": True},
    "roles": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "member_of": {"type": "list", "elements": "str", "default": []},
            "superuser": {"type": "bool", "default": False},
        },
    },
    "reload": {"type": "bool", "default": False},
}

TOLD = (
    "system_identifier",
    "version",
    "data_directory",
    "data_checksums",
    "pending_restart",
    "collation_mismatches",
)


def wanted_from(parameters: dict[str, Any]) -> Wanted:
    """Return what the cluster shall have."""
    roles = tuple(
        Role(item["name"], item["password"], frozenset(item["member_of"]), item["superuser"])
        for item in parameters["roles"]
    )
    return Wanted(roles, parameters["database"], parameters["owner"], parameters["application"])


def observe(module: AnsibleModule) -> list[dict[str, Any]]:
    """Return what the cluster and the database say of themselves, the latter only where it is there."""
    names = {name: module.params[name] for name in ("database", "owner", "application")}
    try:
        found: list[dict[str, Any]] = answers(psql(module.params["container"], OBSERVE, names))
    except NotRunningError:
        if not module.check_mode:
            raise
        # An earlier task would have started it, empty.
        return [{}]
    return found


def refuse_faulty_configuration(module: AnsibleModule, cluster: dict[str, Any]) -> None:
    """Fail while files hold what the server would refuse: it goes on with what it has read, and must not restart."""
    container = module.params["container"]
    errors = cluster["hba_errors"] + configuration_errors(container, cluster["config_file"])
    if errors:
        module.fail_json(
            msg=f"PostgreSQL in container {container} would refuse the configuration that lies there, and goes on with "
            f"an older one: {'; '.join(errors)}. Correct it and run again, before anything restarts the container."
        )


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    wanted = wanted_from(module.params)
    said: list[str] = []
    try:
        cluster, *database = observe(module)
        if cluster:
            refuse_faulty_configuration(module, cluster)
        changes = plan(wanted, Found.parse(cluster, database[0] if database else None))
        said = [change.said for change in changes]
        if changes and not module.check_mode:
            psql(module.params["container"], script(changes, wanted.database), {})
        if module.params["reload"] or cluster.get("configuration_unread"):
            if not module.check_mode:
                psql(module.params["container"], "SELECT pg_reload_conf();", {})
            said.append("have the server read its configuration again")
        if said and not module.check_mode:
            cluster, *database = observe(module)
    except PsqlError as error:
        module.fail_json(msg=f"PostgreSQL in container {module.params['container']} could not be asked: {error}")
    except PasswordError as error:
        module.fail_json(msg=f"A role's password {error}: choose another one.")
    result: dict[str, Any] = {
        "changed": bool(said),
        "changes": said,
        "cluster": {name: cluster[name] for name in TOLD if name in cluster},
        "revisions": database[0]["revisions"] if database else [],
    }
    if said:
        result["diff"] = {"before": "", "after": "".join(f"{line}\n" for line in said)}
    module.exit_json(**result)


if __name__ == "__main__":
    main()
