"""What docker-bench-security looks for and the other tests of a deployed fleet do not.

What is waived stands in docs/hardening.md.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fleet import Fleet

HOST_FOLDERS = {"/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr"}
# Path, and who may do what with it.
OWNED = {
    "/etc/docker": "755 root root",
    "/etc/docker/daemon.json": "644 root root",
    "/lib/systemd/system/docker.service": "644 root root",
    "/lib/systemd/system/docker.socket": "644 root root",
    "/run/containerd/containerd.sock": "660 root root",
    "/run/docker.sock": "660 root docker",
}


def problems(container: dict[str, Any]) -> list[str]:
    """What docker inspect shows of a container that may get out of itself."""
    host = container["HostConfig"]
    namespaces = [f"{kind} of the host" for kind in ("Ipc", "Network", "Pid", "UTS", "Userns") if _of_host(host, kind)]
    sources = {mount["Source"] for mount in container["Mounts"]}
    checks = {
        "privileged": host["Privileged"],
        "engine's socket": any(source.endswith("docker.sock") for source in sources),
        "folders of the host": sources & HOST_FOLDERS,
        "devices": host["Devices"],
        "seccomp or AppArmor switched off": any("unconfined" in option for option in host["SecurityOpt"] or []),
        "mounts that spread": any(mount.get("Propagation") == "shared" for mount in container["Mounts"]),
    }
    return namespaces + [name for name, found in checks.items() if found]


def _of_host(host: dict[str, Any], kind: str) -> bool:
    return str(host[f"{kind}Mode"]) == "host"


def test_no_container_can_reach_its_host_past_its_walls(fleet: Fleet) -> None:
    for host in fleet.hosts():
        for container in json.loads(fleet.run(host, "docker inspect $(docker ps --quiet)")):
            assert problems(container) == [], (host, container["Name"])


def test_a_container_that_could_is_found_out(fleet: Fleet) -> None:
    host = fleet.hosts()[0]
    image = fleet.run(host, "docker ps --quiet | head -n 1 | xargs docker inspect --format '{{ .Image }}'").strip()
    options = (
        "--privileged --ipc host --network host --pid host --uts host --userns host --device /dev/null "
        "--volume /run/docker.sock:/run/docker.sock --volume /etc:/host:shared --security-opt seccomp=unconfined"
    )
    made = fleet.run(host, f"docker create {options} {image}").strip()
    try:
        [container] = json.loads(fleet.run(host, f"docker inspect {made}"))
    finally:
        fleet.run(host, f"docker rm {made}")
    assert len(problems(container)) == 11


def test_the_engine_confines_calls_joins_no_swarm_and_trusts_no_registry_without_tls(fleet: Fleet) -> None:
    for host in fleet.hosts():
        info = json.loads(fleet.run(host, "docker info --format '{{ json . }}' 2>/dev/null"))
        assert any("seccomp" in option and "unconfined" not in option for option in info["SecurityOptions"]), host
        assert info["RegistryConfig"]["InsecureRegistryCIDRs"] in (["127.0.0.0/8"], ["::1/128", "127.0.0.0/8"]), host
        assert info["Swarm"]["LocalNodeState"] == "inactive"
        assert info["Driver"] != "aufs"
        assert not info["ExperimentalBuild"]
        assert json.loads(fleet.run(host, "cat /etc/docker/daemon.json"))["no-new-privileges"] is True


@pytest.mark.parametrize("path", OWNED)
def test_only_root_has_the_engines_files_and_sockets(fleet: Fleet, path: str) -> None:
    for host in fleet.hosts():
        assert fleet.run(host, f"stat -L -c '%a %U %G' {path}").strip() == OWNED[path], host


def test_whoever_uses_the_engine_goes_by_sudo(fleet: Fleet) -> None:
    """Members of group docker are root without a line in the log."""
    for host in fleet.hosts():
        assert fleet.run(host, "getent group docker").strip().split(":")[3] == "", host
