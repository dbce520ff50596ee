"""What a fleet is at, told without a host."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from filter.status import fleet_status, status_lines
from tls.plan import Policy, Wish, plan
from tls.x509 import Names

STATS = """# pxname,svname,qcur,scur,status,check_status,last_chk
be_backend,backend1-a,0,1,UP,L7OK,
be_backend,backend1-b,0,0,DOWN,L4CON,
be_backend,BACKEND,0,1,UP,,
"""
FREE = {"number": 0, "owner": "", "purpose": "", "taken": 0.0, "expires": 0.0, "released": True, "held": False}


def manifest(release: str, works_on: list[str], older: list[str]) -> dict[str, Any]:
    images = {"backend": f"jobfolio/backend@sha256:{release}", "postgres": "jobfolio/postgres@sha256:17"}
    return {"release": release, "images": images, "schema": {"works_on": works_on, "older": older}}


OLD, NEW = manifest("1.0.0", ["a"], []), manifest("1.1.0", ["c", "b"], ["a"])


def runs(name: str, image: str, state: str = "running", health: str = "healthy") -> dict[str, Any]:
    return {"name": name, "image": f"10.0.1.15:5000/jobfolio/{image}", "state": state, "health": health}


def seen(revision: str = "a", release: str = "1.0.0", **given: Any) -> dict[str, Any]:  # noqa: ANN401
    found = {
        "backend1": [runs("backend-a", f"backend@sha256:{release}"), runs("migrations", "backend@sha256:1.0.0")],
        "db1": [runs("postgres", "postgres@sha256:17")],
    }
    told: dict[str, Any] = {"containers": found, "operation": {"lease": FREE, "entries": []}} | given
    reboots = told.get("reboots", [])
    looks = {host: look(told["containers"].get(host, []), host in reboots) for host in (*told["containers"], *reboots)}
    for host, disks in told.get("disks", {}).items():
        looks[host]["ansible_facts"]["host"]["disks"] = disks
    for host in told.get("silent", []):
        looks[host] = {"unreachable": True, "msg": "Failed to connect\n  to the host"}
    return fleet_status(
        looks,
        manifests=[OLD, NEW],
        revision=revision,
        stats={"edge1": STATS},
        operation=told["operation"],
        journal=2,
        backup=told.get("backup", []),
        certificates=told.get("certificates"),
        silence=told.get("silence", ""),
        archive=told.get("archive", ""),
    )


def look(containers: list[dict[str, Any]], reboot_required: bool) -> dict[str, Any]:
    """What module host_facts tells of a host, as far as it counts here."""
    told = {"docker": {"containers": containers}, "reboot_required": reboot_required, "disks": {}}
    return {"ansible_facts": {"host": told}}


def test_each_service_has_its_release_and_what_the_edges_think_of_it() -> None:
    backend, database = seen()["services"]
    assert (backend["host"], backend["name"], backend["release"]) == ("backend1", "backend-a", "1.0.0")
    assert backend["edges"] == "edge1: UP"
    assert database["release"] == "1.0.0 or 1.1.0"
    assert database["edges"] == ""


def test_the_schema_is_told_beside_what_runs() -> None:
    def state(revision: str, release: str) -> str:
        return str(seen(revision, release)["schema"]["state"])

    assert state("a", "1.0.0") == "what 1.0.0 was made for"
    assert state("b", "1.0.0") == "expanded for 1.1.0"
    assert state("b", "1.1.0") == "expanded for 1.1.0, its contract c waits"
    assert state("c", "1.1.0") == "what 1.1.0 was made for"
    assert state("", "1.0.0") == "no migration has run"
    assert state("beef", "1.0.0") == "no release's file here knows it"


def test_what_an_operator_should_know_is_remarked() -> None:
    containers = {
        "backend1": [runs("backend-a", "backend@sha256:1.0.0"), runs("backend-b", "backend@sha256:1.1.0")],
        "db1": [runs("postgres", "postgres@sha256:by-hand", health="unhealthy")],
    }
    lease = {"number": 3, "owner": "ana", "purpose": "upgrade to 1.1.0", "taken": 0.0, "expires": 600.0}
    image = "10.0.1.15:5000/jobfolio/postgres@sha256:by-hand"
    left = {"lease": lease | {"released": False, "held": False}, "entries": []}
    assert seen(containers=containers, operation=left, reboots=["db1", "edge1"])["remarks"] == [
        f"postgres on db1 runs an image of no release whose file is here: {image}.",
        "postgres on db1 is unhealthy: docker logs postgres there.",
        "Backends run more than one release: 1.0.0, 1.1.0.",
        'ana never said how "upgrade to 1.1.0" ended; was it killed?',
        "Security updates wait for a restart of db1, edge1: playbooks/reboot.yml.",
    ]


def test_the_terminal_gets_a_table_the_lease_and_the_newest_entries() -> None:
    lease = FREE | {
        "number": 3,
        "owner": "ana",
        "purpose": "upgrade",
        "expires": 600.0,
        "released": False,
        "held": True,
    }
    entries = [{"time": 60.0 * number, "event": f"step {number}", "details": {}} for number in range(3)]
    assert status_lines(seen(operation={"lease": lease, "entries": entries})) == [
        "host      name       release         state    edges",
        "backend1  backend-a  1.0.0           running  edge1: UP",
        "db1       postgres   1.0.0 or 1.1.0  running",
        "",
        "Schema at a: what 1.0.0 was made for.",
        "Lease: number 3, ana, upgrade, since 1970-01-01 00:00:00 UTC, until 1970-01-01 00:10:00 UTC",
        "",
        "Journal:",
        "  1970-01-01 00:01:00 UTC  step 1",
        "  1970-01-01 00:02:00 UTC  step 2",
    ]


def test_backups_are_told_with_the_last_drill_and_what_is_wrong_with_them() -> None:
    assert seen()["backup"] == {}
    drill = json.dumps({"at": 1_000.0, "seconds": 19.4, "problems": ["a page is wrong"]})
    status = seen(backup=["[]", drill])
    assert "Backup: last drill 1970-01-01 00:16:40 UTC failed" in status_lines(status)
    assert any("no backup has ever succeeded" in remark.lower() for remark in status["remarks"])
    assert any("The last restore drill failed: a page is wrong" in remark for remark in status["remarks"])


@pytest.mark.parametrize(("days", "overdue"), [(0, False), (66, False), (69, True), (91, True)])
def test_a_certificate_that_was_to_be_renewed_a_while_ago_is_named(days: int, overdue: bool) -> None:
    issued = datetime.now(UTC) - timedelta(days=days)
    wishes = [Wish("edge", Names.of(["jobfolio.test"], []))]
    issues = plan({}, wishes, Policy("CA", ["jobfolio.test"], [], authority_days=3650, days=90), issued)
    certificates = {f"{one.name}.crt": one.files[f"{one.name}.crt"].decode() for one in issues}
    remarks = seen(certificates=certificates)["remarks"]
    assert [remark.split(" ends at ")[0] for remark in remarks] == ["edge.crt"] * overdue
    assert all("timer" in remark for remark in remarks)
    # Of another authority's the timer knows nothing.
    alone = seen(certificates={"edge.crt": certificates["edge.crt"]})["remarks"]
    by_hand = "put its successor there, and run deploy.yml."
    assert [remark.rpartition(": ")[2] for remark in alone] == [by_hand] * overdue


def test_a_service_of_which_nothing_runs_on_a_host_is_remarked_and_a_stopped_slot_beside_a_running_one_is_not() -> None:
    containers = {
        "backend1": [
            runs("backend-a", "backend@sha256:1.0.0", "exited"),
            runs("backend-b", "backend@sha256:1.0.0"),
        ],
        "db1": [runs("backup", "postgres@sha256:17", "exited"), runs("postgres", "postgres@sha256:17")],
    }
    assert seen(containers=containers)["remarks"] == [
        "backup on db1 is exited: docker logs backup there says why, playbooks/deploy.yml starts it."
    ]


def test_a_host_that_cannot_be_reached_is_remarked_first_and_the_others_are_told() -> None:
    told = seen(
        silent=["db1"], operation={"unreachable": True, "msg": "the same"}, silence="PostgreSQL does not answer."
    )
    assert told["remarks"] == ["db1 cannot be reached: Failed to connect to the host", "PostgreSQL does not answer."]
    assert {one["host"] for one in told["services"]} == {"backend1"}
    assert told["lease"] is None
    assert "Lease: not known, as its host cannot be reached." in status_lines(told)
    assert told["journal"] == []


def test_a_database_that_does_not_answer_is_remarked_first_and_nothing_is_said_of_its_schema() -> None:
    told = seen(revision="", silence="PostgreSQL does not answer.", reboots=["db1"])
    assert told["schema"]["state"] == "not known"
    assert told["remarks"][0] == "PostgreSQL does not answer."
    assert len(told["remarks"]) == 2


@pytest.mark.parametrize(
    ("archive", "remarked"),
    [
        ({"archived": None, "failed": None, "waiting": 0}, ""),
        ({"archived": 1790000100.5, "failed": 1790000000.5, "waiting": 0}, ""),
        ({"archived": 1790000000.5, "failed": 1790000100.5, "waiting": 7}, "since 2026-09-21 14:13:20 UTC"),
        ({"archived": None, "failed": 1790000100.5, "waiting": 7}, "and never was"),
    ],
)
def test_a_log_that_is_not_archived_is_remarked(archive: dict[str, Any], remarked: str) -> None:
    remarks = seen(archive=json.dumps(archive))["remarks"]
    told = f"The log of changes is not archived {remarked}; pieces that wait on the database's host"
    assert [one for one in remarks if told in one and "takes them: 7." in one] == remarks
    assert bool(remarks) == bool(remarked)


def test_a_disk_that_fills_is_remarked() -> None:
    disks = {
        "db1": {
            "/var/lib/docker": {"total": 100 << 30, "free": 10 << 30},
            "/data": {"total": 100 << 30, "free": (10 << 30) - 1},
        }
    }
    (remark,) = seen(disks=disks)["remarks"]
    assert remark.startswith("The disk with /data on db1 has only 10,239 of 102,400 MiB free")
