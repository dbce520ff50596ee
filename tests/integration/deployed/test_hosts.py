"""Hosts as the roles leave them."""

import json

from fleet import Fleet


def test_the_engine_runs_now_and_at_boot_with_rotated_logs_and_live_restore(fleet: Fleet) -> None:
    for name in fleet.hosts():
        service = fleet.on(name).service("docker")
        assert service.is_running
        assert service.is_enabled
        configuration = json.loads(fleet.run(name, "cat /etc/docker/daemon.json"))
        assert configuration["live-restore"] is True
        assert configuration["log-opts"] == {"max-file": "5", "max-size": "10m"}
        assert "Live Restore Enabled: true" in fleet.run(name, "docker info 2>/dev/null")


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
