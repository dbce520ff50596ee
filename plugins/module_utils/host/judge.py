"""Says in sentences what keeps a host or a fleet from being deployed to. Each names the remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KEEP_TIME = "have both keep time (apt install systemd-timesyncd), and try again."
MIB = 1024 * 1024
SSHD_CONFIG = "/etc/ssh/sshd_config"
# sshd goes by the first value that it finds (sshd_config(5)), so this has to be read before all others.
SSHD_DROP_INS = "/etc/ssh/sshd_config.d/*.conf"
SHORTEST_SECRET = 12
# Connections for whoever is no backend: superuser_reserved_connections (3), migrations, monitoring, operators.
RESERVED_CONNECTIONS = 10
PLACEHOLDER = re.compile(r"change[-_ ]?me|replace[-_ ]?me|placeholder|secret|password|todo|xxx+|<.*>", re.IGNORECASE)


@dataclass(frozen=True)
class Needs:
    """What a host must offer. Sizes in MiB, times in seconds."""

    distributions: Mapping[str, Sequence[str]]
    memory: int
    disk_free: Mapping[str, int]
    clock_skew: float
    ports: Sequence[int] = ()
    postgres_volume: str = ""
    postgres_version: str = ""
    """Empty where the cluster may be of any."""
    postgres_record: str = ""
    images: Sequence[str] = field(default=())
    ssh_keys_only: bool = False


def judge_inventory(groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is wrong with the tiers' groups."""
    problems: list[str] = []
    databases = groups.get("db", [])
    if not databases:
        problems.append("The inventory has no host in group db; add the one that shall run PostgreSQL.")
    elif len(databases) > 1:
        listed = ", ".join(databases)
        problems.append(f"Group db has {len(databases)} hosts ({listed}) but one database is run; leave one of them.")
    problems += [
        f"The inventory has no host in group {tier}; add at least one (a host may be in several groups)."
        for tier in ("backend", "frontend", "edge", "build")
        if not groups.get(tier)
    ]
    return problems


def judge_connections(backends: Mapping[str, tuple[int, int]], most: int) -> list[str]:
    """Return what is wrong when all backends use all their connections while a release runs beside its successor.

    Args:
        backends: worker processes and threads of each, by host; a process holds one connection a thread, and one to
            tell whether it is ready
        most: connections that PostgreSQL takes
    """
    needs = [workers * (threads + 1) for workers, threads in backends.values()]
    whole = 2 * sum(needs) + RESERVED_CONNECTIONS
    if whole <= most:
        return []
    problem = (
        f"The backends may open {whole} connections to PostgreSQL while a release runs beside its successor "
        f"({RESERVED_CONNECTIONS} are kept for migrations and operators), and it takes {most}; "
        "raise postgres_max_connections, or lower backend_workers or backend_threads."
    )
    return [problem]


def judge_secret(name: str, value: object) -> str | None:
    """Return what is wrong with a secret, without a part of it."""
    remedy = "set it in group_vars (encrypted with ansible-vault)"
    if not isinstance(value, str) or not value:
        return f"Secret {name} is empty; {remedy}."
    if value.startswith("$ANSIBLE_VAULT"):
        return f"Secret {name} is still encrypted; mark it with !vault, and give --ask-vault-pass."
    if PLACEHOLDER.fullmatch(value):
        return f"Secret {name} is a placeholder; {remedy}."
    if len(value) < SHORTEST_SECRET:
        return f"Secret {name} is shorter than {SHORTEST_SECRET} characters; {remedy}."
    return None


def judge_clocks(offsets: Mapping[str, float], allowed: float) -> list[str]:
    """Return which hosts' clocks are further apart than allowed."""
    if not offsets:
        return []
    early, late = min(offsets, key=lambda host: offsets[host]), max(offsets, key=lambda host: offsets[host])
    apart = offsets[late] - offsets[early]
    if apart <= allowed:
        return []
    return [f"The clocks of {early} and {late} are {apart:.0f} seconds apart, more than {allowed:g}; {KEEP_TIME}"]


def judge_host(facts: Mapping[str, Any], needs: Needs) -> list[str]:
    """Return everything that keeps this host from what it shall run."""
    return [
        *_judge_system(facts, needs),
        *_judge_login(facts, needs),
        *_judge_room(facts, needs),
        *_judge_clock(facts, needs),
        *_judge_ports(facts, needs),
        *_judge_cluster(facts, needs),
        *_judge_images(facts, needs),
    ]


def _judge_system(facts: Mapping[str, Any], needs: Needs) -> Iterator[str]:
    distribution = facts["distribution"]
    if distribution["version"] not in needs.distributions.get(distribution["id"], ()):
        name = distribution["name"] or "an unknown system"
        supported = ", ".join(f"{each} {version}" for each, known in needs.distributions.items() for version in known)
        yield f"It runs {name}, which is not supported; install one of: {supported}."
    if facts["init"] != "systemd":
        yield f"Its init is {facts['init'] or 'unknown'}, not systemd; use an image that boots with systemd."
    if facts["uid"] != 0:
        what = "change" if facts["docker"]["running"] else "install the Docker engine that it lacks, nor change"
        yield f"Tasks run as uid {facts['uid']} and may not {what} anything; set ansible_become: true."


def _judge_login(facts: Mapping[str, Any], needs: Needs) -> Iterator[str]:
    """Refuse to shut out whoever is logged in, and to write into a folder that sshd does not read first."""
    user = facts["ssh_user"]
    if not needs.ssh_keys_only or not user:
        return
    if user == "root":
        yield (
            "Ansible logs in as root, whom sshd shall refuse; "
            "set ansible_user to a user who has sudo, and ansible_become: true."
        )
    elif not facts["ssh_keys"]:
        yield (
            f"{user} has no public key in ~/.ssh/authorized_keys, and sshd shall refuse passwords; bring yours there "
            "(ssh-copy-id), or set base_ssh_keys_only: false."
        )
    lines = map(str.split, facts["files"][SSHD_CONFIG].splitlines())
    first = next((words for words in lines if words and not words[0].startswith("#")), [])
    if [word.lower() for word in first] != ["include", SSHD_DROP_INS]:
        yield (
            f"Its {SSHD_CONFIG} does not begin with 'Include {SSHD_DROP_INS}', so that what stands there would not "
            "count; put that line first, or set base_ssh_keys_only: false."
        )


def _judge_room(facts: Mapping[str, Any], needs: Needs) -> Iterator[str]:
    memory = facts["memory"]["total"] // MIB
    if memory < needs.memory:
        yield (
            f"It has {memory} MiB of memory, less than {needs.memory}; "
            "choose a larger instance, or lower preflight_memory."
        )
    for path, wanted in needs.disk_free.items():
        free = facts["disks"][path]["free"] // MIB
        if free < wanted:
            yield (
                f"The disk of {path} has {free} MiB free, less than {wanted}; "
                "make room or enlarge it, or lower preflight_disk_free."
            )


def _judge_clock(facts: Mapping[str, Any], needs: Needs) -> Iterator[str]:
    offset = facts["clock"]["offset"]
    if abs(offset) > needs.clock_skew:
        yield (
            f"Its clock is {abs(offset):.0f} seconds {'ahead of' if offset > 0 else 'behind'} the controller's, "
            f"more than {needs.clock_skew:g}; {KEEP_TIME}"
        )


def _judge_ports(facts: Mapping[str, Any], needs: Needs) -> Iterator[str]:
    for wanted in needs.ports:
        holders = {
            f"container {port['container']}" if port["container"] else port["process"] or "an unknown process"
            for port in facts["ports"]
            if port["proto"] == "tcp" and port["port"] == wanted and not port["own"]
        }
        if holders:
            yield (
                f"Port {wanted} is taken by {', '.join(sorted(holders))}; "
                "stop it, or choose another port in the variables of the role that needs it."
            )


def _judge_cluster(facts: Mapping[str, Any], needs: Needs) -> Iterator[str]:
    if not needs.postgres_volume:
        return
    found = facts["postgres"][needs.postgres_volume]
    recorded = facts["files"][needs.postgres_record].strip()
    place = f"{needs.postgres_volume} on this host"
    if recorded and not found["cluster"]:
        yield (
            f"{place} holds no PostgreSQL cluster, but this host ran cluster {recorded}; attach its volume, restore "
            f"a backup, or remove {needs.postgres_record} when an empty database is meant."
        )
    if not found["cluster"]:
        return
    if needs.postgres_version and found["version"] != needs.postgres_version:
        # Before version 10 a major version had two numbers.
        older = float(found["version"]) < float(needs.postgres_version)
        remedy = "run playbooks/upgrade_postgres.yml" if older else "deploy one that was built for it"
        yield (
            f"{place} holds a cluster of PostgreSQL {found['version']}, but this release runs "
            f"{needs.postgres_version}; {remedy}, or name another volume."
        )
    if recorded and found["system_identifier"] != recorded:
        yield (
            f"{place} holds cluster {found['system_identifier']}, but this host ran cluster {recorded}; attach the "
            f"right volume, or remove {needs.postgres_record} when the other cluster is meant."
        )


def _judge_images(facts: Mapping[str, Any], needs: Needs) -> Iterator[str]:
    silent: dict[tuple[str, str], list[str]] = {}
    for reference in needs.images:
        where = facts["images"][reference]
        if where == "missing":
            yield f"The registry does not hold {reference}; build and push it: ansible-playbook playbooks/build.yml."
        elif where not in ("host", "registry"):
            silent.setdefault((reference.partition("/")[0], where), []).append(reference)
    for (registry, reason), references in silent.items():
        yield (
            f"Registry {registry} cannot be asked for {len(references)} image(s) that this host needs ({reason}); "
            "start it (ansible-playbook playbooks/build.yml), or have it let this host in "
            "(ansible-playbook playbooks/access.yml --limit build)."
        )
