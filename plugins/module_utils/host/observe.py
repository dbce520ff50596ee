"""Reads a host. Everything that may be asked for is a field of Questions; whatever cannot be read is left empty."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .docker import Engine, read_engine
from .postgres import NO_CLUSTER, read_cluster
from .registry import find_images
from .sockets import Socket, parse_proc_net, taken_ports
from .ssh import authorized_keys, ssh_connection, ssh_user
from .system import (
    DEBIAN_ARCHITECTURES,
    parse_dpkg_status,
    parse_meminfo,
    parse_os_release,
    parse_routes,
    parse_units,
    sysctl_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

APT_LISTS = "/var/lib/apt/lists"
LARGEST_FILE = 65_536
# Where Debian's packages note that a new kernel waits (unattended-upgrades, /etc/kernel/postinst.d).
REBOOT_REQUIRED = "/run/reboot-required"
NO_ENGINE: dict[str, Any] = {
    "running": False,
    "error": "",
    "version": "",
    "data_root": "/var/lib/docker",
    "live_restore": False,
    "log_driver": "",
    "containers": [],
    "networks": {},
    "volumes": {},
    "image_digests": [],
}


@dataclass(frozen=True)
class Questions:
    """What to look at beyond what is always told."""

    disks: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    sysctls: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    postgres_volumes: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    registry_ca: str = ""
    registry_timeout: float = 5.0
    own_network: str = ""
    asked_at: float = 0.0


def observe(questions: Questions) -> dict[str, Any]:
    """Return the facts."""
    now = time.time()
    release = parse_os_release(read_text("/etc/os-release"))
    memory = parse_meminfo(read_text("/proc/meminfo"))
    kernel = os.uname()
    docker = read_docker()
    user = ssh_user()
    return {
        "clock": {"epoch": now, "offset": now - questions.asked_at if questions.asked_at else 0.0},
        "distribution": {
            "id": release.get("ID", ""),
            "version": release.get("VERSION_ID", ""),
            "codename": release.get("VERSION_CODENAME", ""),
            "name": release.get("PRETTY_NAME", ""),
        },
        "hostname": kernel.nodename,
        "kernel": kernel.release,
        "machine": kernel.machine,
        "architecture": DEBIAN_ARCHITECTURES.get(kernel.machine, kernel.machine),
        "init": read_text("/proc/1/comm").strip(),
        "container": is_container(),
        "reboot_required": Path(REBOOT_REQUIRED).exists(),
        "uid": os.geteuid(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory": {"total": memory.get("MemTotal", 0), "available": memory.get("MemAvailable", 0)},
        "disks": {path: read_disk(path) for path in questions.disks},
        "ports": taken_ports(read_sockets(), read_socket_owners(), docker["containers"], questions.own_network),
        "packages": parse_dpkg_status(read_text("/var/lib/dpkg/status"), set(questions.packages)),
        "apt_lists_age": read_apt_lists_age(now),
        "units": read_units(questions.units),
        "ssh_client": ssh_connection().partition(" ")[0],
        "ssh_user": user,
        "ssh_keys": authorized_keys(user),
        "uplinks": parse_routes(read_text("/proc/net/route")),
        "sysctls": {name: " ".join(read_text(sysctl_path(name)).split()) for name in questions.sysctls},
        "files": {path: read_text(path) for path in questions.files},
        "docker": docker,
        "postgres": {name: read_volume(name, docker) for name in questions.postgres_volumes},
        "images": find_images(
            questions.images, docker["image_digests"], questions.registry_ca, questions.registry_timeout
        ),
    }


def read_text(path: str) -> str:
    """Return what a small file holds, nothing where it cannot be read."""
    limit = -1 if path.startswith(("/proc/", "/var/lib/dpkg/")) else LARGEST_FILE
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(limit)
    except OSError:
        return ""


def read_disk(path: str) -> dict[str, int]:
    """Return the bytes in all and free for ordinary users where the path is or will be."""
    for place in (Path(path), *Path(path).parents):
        with contextlib.suppress(OSError):
            status = os.statvfs(place)
            break
    return {"total": status.f_blocks * status.f_frsize, "free": status.f_bavail * status.f_frsize}


def read_docker() -> dict[str, Any]:
    """Return the engine's state, with `running` false where none answers."""
    try:
        return {**NO_ENGINE, **read_engine(Engine()), "running": True}
    except FileNotFoundError:
        return NO_ENGINE
    except (OSError, http.client.HTTPException) as error:
        return {**NO_ENGINE, "error": str(error)}


def read_sockets() -> Iterable[Socket]:
    """Return the waiting sockets of this network namespace."""
    for proto in ("tcp", "udp"):
        for suffix in ("", "6"):
            yield from parse_proc_net(read_text(f"/proc/net/{proto}{suffix}"), proto)


def read_socket_owners() -> dict[str, str]:
    """Return the process name by socket inode, for those processes that we may look into."""
    owners: dict[str, str] = {}
    for process in (entry.path for entry in os.scandir("/proc") if entry.name.isdigit()):
        # Processes end while we look, and not every one is ours to look into.
        with contextlib.suppress(OSError):
            links = [str(entry.readlink()) for entry in Path(process, "fd").iterdir()]
            inodes = [link[len("socket:[") : -1] for link in links if link.startswith("socket:[")]
            if inodes:
                owners.update(dict.fromkeys(inodes, read_text(f"{process}/comm").strip()))
    return owners


def read_apt_lists_age(now: float) -> float | None:
    """Return the age in seconds of the newest package list, None where apt has none."""
    times = [path.stat().st_mtime for path in Path(APT_LISTS).glob("*_Packages*")]
    return now - max(times) if times else None


def read_units(names: list[str]) -> dict[str, dict[str, str | bool]]:
    """Return the state of systemd units, of none where systemd does not run."""
    if not names or not Path("/run/systemd/system").is_dir():
        return {}
    command = ["systemctl", "show", "--property", "Id,LoadState,ActiveState,UnitFileState", "--", *names]
    # A list, no shell; and the names are the roles' own.
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    return parse_units(done.stdout)


def is_container() -> bool:
    """Tell whether the host is itself a container, as far as systemd knows."""
    with contextlib.suppress(FileNotFoundError):
        return subprocess.run(["systemd-detect-virt", "--container", "--quiet"], check=False).returncode == 0  # noqa: S607
    return False


def read_volume(name: str, docker: dict[str, Any]) -> dict[str, Any]:
    """Return the cluster in a named volume, also while the engine is down, or in the directory at a path."""
    named = docker["volumes"].get(name) or f"{docker['data_root']}/volumes/{name}/_data"
    try:
        return read_cluster(Path(name if name.startswith("/") else named))
    except PermissionError:
        return NO_CLUSTER
