"""Hosts as the roles leave them."""

import json

from fleet import Fleet, variables


def test_the_engine_runs_now_and_at_boot_with_rotated_logs_and_live_restore(fleet: Fleet) -> None:
    for name in fleet.hosts():
        service = fleet.on(name).service("docker")
        assert service.is_running
        assert service.is_enabled
        configuration = json.loads(fleet.run(name, "cat /etc/docker/daemon.json"))
        assert configuration["live-restore"] is True
        assert configuration["log-opts"] == {"max-file": "5", "max-size": "10m"}
        assert "Live Restore Enabled: true" in fleet.run(name, "docker info 2>/dev/null")


def weight(fleet: Fleet, host: str, unit: str) -> int:
    """What the kernel goes by, with either version of control groups."""
    told = f"cd /sys/fs/cgroup; cat {unit}/cpu.weight 2>/dev/null || cat cpu/{unit}/cpu.shares"
    return int(fleet.run(host, told))


def test_containers_outweigh_whatever_else_a_host_does(fleet: Fleet) -> None:
    for host in fleet.hosts():
        for other in ("system.slice", "user.slice"):
            assert weight(fleet, host, "containers.slice") == 10 * weight(fleet, host, other), (host, other)
        for pid in fleet.run(host, "docker inspect --format '{{.State.Pid}}' $(docker ps --quiet)").split():
            assert "/containers.slice/" in fleet.run(host, f"cat /proc/{pid}/cgroup")


def test_another_weight_counts_at_once_and_stops_nothing(fleet: Fleet) -> None:
    host = fleet.hosts("backend")[0]
    before, containers = weight(fleet, host, "containers.slice"), fleet.all_containers()
    engine = fleet.run(host, "systemctl show docker --property MainPID")
    try:
        run = fleet.playbook("deploy", "--limit", host, *variables(docker_cpu_weight=500))
        assert run.status == 0, run.output
        assert weight(fleet, host, "containers.slice") == before / 2
    finally:
        run = fleet.playbook("deploy", "--limit", host)
    assert run.status == 0, run.output
    assert weight(fleet, host, "containers.slice") == before
    assert fleet.run(host, "systemctl show docker --property MainPID") == engine
    assert fleet.all_containers() == containers


def test_only_the_declared_ports_are_published(fleet: Fleet) -> None:
    expected = {
        "db": {5432, 8432},
        "backend": {8001, 8002},
        "frontend": {8081, 8082},
        "edge": {80, 443},
        "build": {5000, 8432},
    }
    for host in fleet.hosts():
        allowed = {22}.union(*(ports for group, ports in expected.items() if host in fleet.hosts(group)))
        listening = fleet.run(host, "ss -H -ltn | awk '{print $4}'").split()
        public = {int(address.rpartition(":")[2]) for address in listening if not address.startswith(("127.", "[::1]"))}
        assert public <= allowed, (host, public - allowed)
