"""Which sentence each thing wrong with a fleet gets, and that a sound one gets none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from host.judge import (
    MIB,
    SSHD_CONFIG,
    Needs,
    judge_clocks,
    judge_connections,
    judge_host,
    judge_inventory,
    judge_secret,
)

IMAGE = "10.0.0.15:5000/jobfolio/postgres@sha256:00"
RECORD = "/etc/jobfolio/postgres/system_identifier"
NEEDS = Needs(
    distributions={"debian": ["12", "13"]},
    memory=900,
    disk_free={"/var/lib/docker": 2048},
    clock_skew=60,
    ports=[5432],
    postgres_volume="jobfolio-postgres",
    postgres_version="17",
    postgres_record=RECORD,
    images=[IMAGE],
    ssh_keys_only=True,
)
GROUPS = {"db": ["db1"], "backend": ["backend1"], "frontend": ["edge1"], "edge": ["edge1"], "build": ["build1"]}
MAIN_CONFIGURATION = "# Debian's\n\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n"
CLUSTER = {"exists": True, "cluster": True, "version": "17", "system_identifier": "42"}
NO_CLUSTER = {"exists": False, "cluster": False, "version": "", "system_identifier": ""}


def facts(**other: Any) -> dict[str, Any]:  # noqa: ANN401  facts are of any kind
    """Return those of a host on which everything is as it should be, but for what is given."""
    sound: dict[str, Any] = {
        "distribution": {"id": "debian", "version": "13", "name": "Debian GNU/Linux 13 (trixie)"},
        "init": "systemd",
        "uid": 0,
        "memory": {"total": 2048 * MIB},
        "disks": {"/var/lib/docker": {"free": 9000 * MIB}},
        "clock": {"offset": 1.0},
        "ports": [port(5432, container="postgres", own=True), port(22)],
        "postgres": {"jobfolio-postgres": CLUSTER},
        "ssh_user": "admin",
        "ssh_keys": 1,
        "images": {IMAGE: "registry"},
        "docker": {"running": True},
    }
    told = sound | other
    told["files"] = {RECORD: "42\n", SSHD_CONFIG: MAIN_CONFIGURATION} | told.get("files", {})
    return told


def port(number: int, *, process: str = "sshd", container: str = "", own: bool = False) -> dict[str, Any]:
    return {"proto": "tcp", "port": number, "process": process, "container": container, "own": own}


def test_a_sound_host_gets_no_sentence() -> None:
    assert judge_host(facts(), NEEDS) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"distribution": {"id": "ubuntu", "version": "24.04", "name": "Ubuntu 24.04"}},
            "It runs Ubuntu 24.04, which is not supported; install one of: debian 12, debian 13.",
        ),
        ({"init": "sh"}, "Its init is sh, not systemd"),
        ({"uid": 1000}, "Tasks run as uid 1000 and may not change anything"),
        ({"uid": 1000, "docker": {"running": False}}, "may not install the Docker engine that it lacks"),
        ({"memory": {"total": 512 * MIB}}, "It has 512 MiB of memory, less than 900"),
        ({"disks": {"/var/lib/docker": {"free": 100 * MIB}}}, "The disk of /var/lib/docker has 100 MiB free"),
        ({"clock": {"offset": -180.0}}, "Its clock is 180 seconds behind the controller's, more than 60"),
        ({"clock": {"offset": 180.0}}, "Its clock is 180 seconds ahead of the controller's, more than 60"),
        ({"ports": [port(5432, process="postgres")]}, "Port 5432 is taken by postgres; stop it"),
        ({"ports": [port(5432, container="other")]}, "Port 5432 is taken by container other; stop it"),
        (
            {"postgres": {"jobfolio-postgres": {**CLUSTER, "version": "16"}}},
            "holds a cluster of PostgreSQL 16, but this release runs 17; run playbooks/upgrade_postgres.yml",
        ),
        (
            {"postgres": {"jobfolio-postgres": {**CLUSTER, "version": "9.6"}}},
            "holds a cluster of PostgreSQL 9.6, but this release runs 17; run playbooks/upgrade_postgres.yml",
        ),
        (
            {"postgres": {"jobfolio-postgres": {**CLUSTER, "version": "18"}}},
            "holds a cluster of PostgreSQL 18, but this release runs 17; deploy one that was built for it",
        ),
        ({"ssh_user": "root"}, "Ansible logs in as root, whom sshd shall refuse; set ansible_user"),
        ({"ssh_keys": 0}, "admin has no public key in ~/.ssh/authorized_keys, and sshd shall refuse passwords"),
        (
            {"files": {SSHD_CONFIG: "PasswordAuthentication yes\n" + MAIN_CONFIGURATION}},
            "does not begin with 'Include /etc/ssh/sshd_config.d/*.conf'",
        ),
        ({"files": {RECORD: "43"}}, "holds cluster 42, but this host ran cluster 43"),
        ({"postgres": {"jobfolio-postgres": NO_CLUSTER}}, "holds no PostgreSQL cluster, but this host ran cluster 42"),
        ({"images": {IMAGE: "missing"}}, f"The registry does not hold {IMAGE}; build and push it"),
        ({"images": {IMAGE: "timed out"}}, "Registry 10.0.0.15:5000 cannot be asked for 1 image(s)"),
    ],
)
def test_each_thing_that_is_wrong_gets_one_sentence(wrong: dict[str, Any], sentence: str) -> None:
    problems = judge_host(facts(**wrong), NEEDS)
    assert len(problems) == 1
    assert sentence in problems[0]


def test_a_cluster_of_another_version_is_left_where_it_was_asked_for_none() -> None:
    other = facts(postgres={"jobfolio-postgres": {**CLUSTER, "version": "16"}})
    assert judge_host(other, replace(NEEDS, postgres_version="")) == []


def test_how_one_logs_in_is_not_judged_where_it_stays_as_it_is() -> None:
    shut_out = facts(ssh_keys=0, files={SSHD_CONFIG: ""})
    assert judge_host(shut_out, replace(NEEDS, ssh_keys_only=False)) == []
    assert judge_host(facts(ssh_user="", ssh_keys=0), NEEDS) == []


def test_everything_that_is_wrong_with_a_host_is_told_at_once() -> None:
    wrong = facts(init="sh", clock={"offset": 999.0}, images={IMAGE: "missing"})
    assert len(judge_host(wrong, NEEDS)) == 3


def test_a_new_host_without_record_or_cluster_and_one_given_an_old_volume_are_sound() -> None:
    new = facts(files={RECORD: ""}, postgres={"jobfolio-postgres": NO_CLUSTER})
    assert judge_host(new, NEEDS) == []
    assert judge_host(facts(files={RECORD: ""}), NEEDS) == []


def test_an_image_that_the_host_has_needs_no_registry() -> None:
    assert judge_host(facts(images={IMAGE: "host"}), NEEDS) == []


def test_a_complete_inventory_gets_no_sentence() -> None:
    assert judge_inventory(GROUPS) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"db": []}, "has no host in group db"),
        ({"db": ["a", "b"]}, "Group db has 2 hosts (a, b)"),
        ({"edge": []}, "has no host in group edge"),
        ({"build": []}, "has no host in group build"),
    ],
)
def test_an_inventory_that_lacks_a_tier_is_told(changed: dict[str, list[str]], sentence: str) -> None:
    problems = judge_inventory(GROUPS | changed)
    assert len(problems) == 1
    assert sentence in problems[0]


def test_clocks_may_be_apart_by_what_is_allowed_and_no_more() -> None:
    assert judge_clocks({"a": -29.0, "b": 29.0}, 60) == []
    assert judge_clocks({}, 60) == []
    assert "The clocks of a and b are 80 seconds apart" in judge_clocks({"b": 40.0, "a": -40.0, "c": 0}, 60)[0]


def test_a_good_secret_gets_no_sentence() -> None:
    assert judge_secret("name", "Jx9-fine-and-long-enough") is None


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "is empty"),
        ("", "is empty"),
        ("CHANGE_ME", "is a placeholder"),
        ("<your password>", "is a placeholder"),
        ("short1", "is shorter than 12"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162", "is still encrypted"),
    ],
)
def test_a_secret_that_cannot_serve_is_named_and_not_shown(value: str | None, sentence: str) -> None:
    problem = judge_secret("backend_secret_key", value) or ""
    assert problem.startswith("Secret backend_secret_key")
    assert sentence in problem
    assert not value or value not in problem


def test_backends_may_use_all_connections_while_a_release_runs_beside_its_successor() -> None:
    backends = {"small": (1, 1), "large": (4, 8)}
    assert judge_connections(backends, 2 * (2 + 36) + 10) == []
    [problem] = judge_connections(backends, 2 * (2 + 36) + 9)
    assert "86 connections" in problem
    assert "raise postgres_max_connections" in problem
    assert judge_connections({}, 10) == []
