#!/usr/bin/python
"""Tell everything that the roles want to know about a host, in one module run."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_facts
short_description: Tell everything that the roles want to know about a host, in one run
description:
  - Reads files and the Docker socket, and asks a registry for images. It changes nothing and needs neither root nor
    Docker, but without root it cannot name the owners of ports, read another's data directory or a closed socket.
  - The facts are those of the moment at which the task ran.
options:
  disks:
    description: Paths whose file systems' size and free room are told. A path that is not there yet counts as its
      nearest parent.
    type: list
    elements: path
    default: []
  packages:
    description: Debian packages whose installed versions are told.
    type: list
    elements: str
    default: []
  units:
    description: systemd units, with their suffix, whose state is told.
    type: list
    elements: str
    default: []
  sysctls:
    description: Kernel parameters whose values are told.
    type: list
    elements: str
    default: []
  files:
    description: Small text files that are read. Never name one that holds a secret.
    type: list
    elements: path
    default: []
  postgres_volumes:
    description: Docker volumes, by name, or directories, by absolute path, that may hold a Postgres cluster.
    type: list
    elements: str
    default: []
  images:
    description: References (C(REGISTRY/NAME@sha256:DIGEST)) that are looked for on the host and then in their
      registry.
    type: list
    elements: str
    default: []
  registry_ca:
    description: Certificate, in PEM, of the CA that the registry's certificate comes from. Without it the host's
      trust store decides.
    type: str
    default: ""
  registry_timeout:
    description: Seconds to wait for a registry.
    type: float
    default: 5.0
  own_network:
    description: Docker network that our containers are on. A port that one of them publishes counts as our own.
    type: str
    default: ""
  asked_at:
    description: The controller's clock in seconds since the epoch, for C(clock.offset).
    type: float
    default: 0.0
attributes:
  check_mode:
    support: full
    description: It only reads.
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Look at the host
  host_facts:
    disks: [/var/lib/docker]
    packages: [docker.io]
    units: [docker.service]
    postgres_volumes: [jobfolio-postgres]
    own_network: jobfolio
    asked_at: "{{ now().timestamp() }}"

- name: Refuse a host without systemd
  ansible.builtin.assert:
    that: ansible_facts.host.init == 'systemd'
"""

RETURN = r"""
ansible_facts:
  description: The facts, below C(host). Whatever is not there or cannot be read is empty, zero or false.
  returned: always
  type: dict
  contains:
    host:
      description: The facts about the host.
      type: dict
      returned: always
      contains:
        clock:
          description: The host's C(epoch), and its C(offset) from O(asked_at), both in seconds. The way to the
            host is part of the offset.
          type: dict
          returned: always
        distribution:
          description: C(id), C(version), C(codename) and C(name) of /etc/os-release.
          type: dict
          returned: always
        hostname:
          description: The kernel's name of the host.
          type: str
          returned: always
        kernel:
          description: Release of the kernel.
          type: str
          returned: always
        machine:
          description: The kernel's word for the architecture, such as x86_64.
          type: str
          returned: always
        architecture:
          description: Debian's word for the architecture, such as amd64.
          type: str
          returned: always
        init:
          description: Name of process 1.
          type: str
          returned: always
        container:
          description: Whether the host is itself a container, and so shares its kernel and clock with others.
          type: bool
          returned: always
        reboot_required:
          description: Whether a package waits for a restart, such as a new kernel.
          type: bool
          returned: always
        uid:
          description: The user id that the module ran with.
          type: int
          returned: always
        cpus:
          description: Number of CPUs.
          type: int
          returned: always
        memory:
          description: C(total) and C(available) bytes.
          type: dict
          returned: always
        disks:
          description: By path, C(total) and C(free) bytes.
          type: dict
          returned: always
        ports:
          description: Taken ports, each with C(proto), C(address), C(port), C(process), C(container) and whether
            it is our C(own).
          type: list
          elements: dict
          returned: always
        packages:
          description: By package, the installed version. Those that are not installed are not there.
          type: dict
          returned: always
        apt_lists_age:
          description: Seconds since the newest package list was fetched; null where there is none.
          type: float
          returned: always
        units:
          description: By unit, whether it C(exists), is C(masked) or C(active), its C(state), and systemd's word
            for how it is C(enabled).
          type: dict
          returned: always
        ssh_client:
          description: The address that this host sees the controller come from; empty where it is not over SSH.
          type: str
          returned: always
        ssh_user:
          description: Who logged in over SSH, whoever he became since; empty where it is not over SSH.
          type: str
          returned: always
        ssh_keys:
          description: How many public keys that user's own files let log in.
          type: int
          returned: always
        uplinks:
          description: Interfaces of the default routes (IPv4).
          type: list
          elements: str
          returned: always
        sysctls:
          description: By name, the value, its parts separated by one blank.
          type: dict
          returned: always
        files:
          description: By path, what it holds.
          type: dict
          returned: always
        docker:
          description:
            - Whether the engine is C(running), else the C(error); its C(version), C(data_root), C(live_restore),
              C(log_driver).
            - C(containers), running or not, with C(name), C(id), C(image), C(image_id), C(labels), C(state),
              C(health), C(networks), C(ports) and C(volumes).
            - C(networks) by name with their subnets; C(volumes) by name with their paths; C(image_digests).
          type: dict
          returned: always
        postgres:
          description: By volume, whether it C(exists) and holds a C(cluster), and that one's C(version),
            C(system_identifier) and C(data_directory).
          type: dict
          returned: always
        images:
          description: By reference, V(host) or V(registry) for where it is, V(missing), or why the registry could
            not tell.
          type: dict
          returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.host.observe import Questions, observe

LIST_OF_TEXT = {"type": "list", "elements": "str", "default": []}
LIST_OF_PATHS = {"type": "list", "elements": "path", "default": []}
ARGUMENTS = {
    "disks": LIST_OF_PATHS,
    "packages": LIST_OF_TEXT,
    "units": LIST_OF_TEXT,
    "sysctls": LIST_OF_TEXT,
    "files": LIST_OF_PATHS,
    "postgres_volumes": LIST_OF_TEXT,
    "images": LIST_OF_TEXT,
    "registry_ca": {"type": "str", "default": ""},
    "registry_timeout": {"type": "float", "default": 5.0},
    "own_network": {"type": "str", "default": ""},
    "asked_at": {"type": "float", "default": 0.0},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    module.exit_json(changed=False, ansible_facts={"host": observe(Questions(**module.params))})


if __name__ == "__main__":
    main()
