"""Every container runs with as little as it needs."""

import json
import time

import pytest
from fleet import Fleet


@pytest.fixture(scope="module")
def inspected(fleet: Fleet) -> dict[str, dict[str, object]]:
    """What docker inspect says of every running container, by HOST/NAME."""
    found = {}
    for host in fleet.hosts():
        for one in json.loads(fleet.run(host, "docker inspect $(docker ps --quiet)")):
            found[f"{host}{one['Name']}"] = one
    return found


def test_every_tier_runs_in_a_container_of_its_own(fleet: Fleet) -> None:
    for group, prefix in [("db", "postgres"), ("backend", "backend-"), ("frontend", "frontend-"), ("edge", "edge")]:
        for host in fleet.hosts(group):
            running = [name for name in fleet.containers(host) if name.startswith(prefix)]
            assert len(running) == 1, (host, running)


def test_no_container_runs_as_root(inspected: dict[str, dict[str, dict[str, str]]]) -> None:
    users = {name: one["Config"]["User"].split(":")[0] for name, one in inspected.items()}
    assert all(user not in ("", "0", "root") for user in users.values()), users


def test_every_root_file_system_is_read_only(inspected: dict[str, dict[str, dict[str, bool]]]) -> None:
    assert all(one["HostConfig"]["ReadonlyRootfs"] for one in inspected.values())


def test_every_container_has_no_capabilities_and_gains_no_privileges(
    inspected: dict[str, dict[str, dict[str, list[str]]]],
) -> None:
    for name, one in inspected.items():
        host = one["HostConfig"]
        assert host["CapDrop"] == ["ALL"], name
        assert not host["CapAdd"], name
        assert any("no-new-privileges" in option for option in host["SecurityOpt"]), name


def test_every_container_has_limits_a_health_check_and_a_restart_policy(
    inspected: dict[str, dict[str, dict[str, object]]],
) -> None:
    for name, one in inspected.items():
        host, config = one["HostConfig"], one["Config"]
        assert host["Memory"], name
        assert host["PidsLimit"], name
        assert host["RestartPolicy"] == {"Name": "unless-stopped", "MaximumRetryCount": 0}, name
        assert config["Healthcheck"], name


def test_every_container_that_serves_has_the_whole_weight_of_the_processor(
    inspected: dict[str, dict[str, dict[str, int]]],
) -> None:
    weights = {name: one["HostConfig"]["CpuShares"] for name, one in inspected.items()}
    assert set(weights.values()) == {1024}, weights


def states(fleet: Fleet) -> dict[str, str]:
    """What Docker thinks of every container, by HOST/NAME."""
    told = "docker inspect --format '{{.Name}} {{.State.Health.Status}}' $(docker ps --quiet)"
    lines = [f"{host}{line}" for host in fleet.hosts() for line in fleet.run(host, told).splitlines()]
    return dict(line.split() for line in lines)


def test_every_container_is_healthy(fleet: Fleet) -> None:
    # Docker looks at one for the first time an interval after its start.
    end = time.monotonic() + 60
    while "starting" in (found := states(fleet)).values() and time.monotonic() < end:
        time.sleep(1)
    assert set(found.values()) == {"healthy"}, found


def test_every_deployed_image_is_named_by_its_digest(inspected: dict[str, dict[str, dict[str, str]]]) -> None:
    images = {name: one["Config"]["Image"] for name, one in inspected.items() if not name.endswith("/registry")}
    assert all("@sha256:" in image for image in images.values()), images
