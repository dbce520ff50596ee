"""Role docker alone, on bare hosts of Debian 12 and 13."""

from fleet import Fleet

SLEEPER = "tar -C / -c usr/bin/sleep usr/lib/*/libc.so.6 usr/lib64 lib lib64 | docker import - sleeper"


def test_hosts_of_both_debian_versions_take_part(fleet: Fleet) -> None:
    versions = {fleet.on(host).system_info.release.split(".")[0] for host in fleet.hosts("backend")}
    assert versions == {"12", "13"}


def test_the_engine_answers_and_starts_at_boot(fleet: Fleet) -> None:
    for host in fleet.hosts("backend"):
        service = fleet.on(host).service("docker")
        assert service.is_running
        assert service.is_enabled


def test_the_network_of_the_application_has_its_declared_subnet(fleet: Fleet) -> None:
    for host in fleet.hosts("backend"):
        subnet = fleet.run(host, "docker network inspect jobfolio -f '{{(index .IPAM.Config 0).Subnet}}'")
        assert subnet.strip() == "172.30.0.0/24"


def test_a_running_container_survives_a_restart_of_the_engine(fleet: Fleet) -> None:
    for host in fleet.hosts("backend"):
        fleet.run(host, SLEEPER)
        fleet.run(host, "docker rm -f sleeper 2>/dev/null; docker run -d --name sleeper sleeper /usr/bin/sleep 600")
        started = fleet.run(host, "docker inspect sleeper -f '{{.State.Pid}} {{.State.StartedAt}}'")
        fleet.run(host, "systemctl restart docker")
        assert fleet.run(host, "docker inspect sleeper -f '{{.State.Pid}} {{.State.StartedAt}}'") == started
        fleet.run(host, "docker rm -f sleeper")


def test_a_container_log_is_rotated(fleet: Fleet) -> None:
    for host in fleet.hosts("backend"):
        fleet.run(host, SLEEPER)
        options = fleet.run(
            host, "id=$(docker create sleeper /x); docker inspect -f '{{.HostConfig.LogConfig}}' $id; docker rm $id"
        )
        assert "max-file:5" in options
        assert "max-size:10m" in options
