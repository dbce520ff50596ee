"""What playbooks/status.yml tells of a deployed fleet is so, and telling it changes nothing."""

from __future__ import annotations

import json
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
import traffic
from marks import soak
from state import wait_until_up

if TYPE_CHECKING:
    from fleet import Fleet


def test_it_tells_what_runs_and_what_the_schema_is_at_and_changes_nothing(fleet: Fleet) -> None:
    before = fleet.all_containers()
    run = fleet.playbook("status")
    assert run.status == 0, run.output
    assert not any(run.changed.values())
    assert fleet.all_containers() == before

    told = json.loads((fleet.state / "status" / "status.json").read_text())
    running = {(one["host"], one["name"]) for one in told["services"] if one["state"] == "running"}
    assert running == {(host, name) for host, found in before.items() for name in found if name != "registry"}
    assert all("1.0.0" in one["release"] for one in told["services"])
    for one in told["services"]:
        if one["service"] in {"backend", "frontend"}:
            assert one["edges"] == ", ".join(f"{edge}: UP" for edge in fleet.hosts("edge"))
    assert told["schema"] == {"revision": fleet.revision(), "state": "what 1.0.0 was made for"}
    for host, name in running:
        assert any(line.split()[:2] == [host, name] for line in run.output.splitlines()), (host, name)


def test_its_page_stands_alone(fleet: Fleet) -> None:
    text = (fleet.state / "status" / "status.html").read_text()
    open_tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            del attrs
            assert tag not in {"script", "link", "img", "iframe"}
            if tag not in {"meta", "br"}:
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    Reader().feed(text)
    assert open_tags == []
    for host in fleet.hosts("backend"):
        assert host in text


def test_a_database_that_is_down_is_what_it_tells_first(fleet: Fleet) -> None:
    (host,) = fleet.hosts("db")
    fleet.run(host, "docker stop postgres")
    try:
        run = fleet.playbook("status")
    finally:
        fleet.run(host, "docker start postgres")
    assert run.status == 0, run.output
    told = json.loads((fleet.state / "status" / "status.json").read_text())
    assert told["remarks"][0].startswith(f"PostgreSQL on {host} does not answer (")
    assert told["remarks"][0] in run.words
    assert "Schema: not known." in run.words
    # Whoever comes next finds backends that serve.
    traffic.wait_until_served(fleet)


@soak
@pytest.mark.parametrize("group", ["db", "backend", "build"])
def test_a_host_that_is_down_is_told_and_so_is_what_the_others_are_at(fleet: Fleet, group: str) -> None:
    down = fleet.hosts(group)[-1]
    name = f"{fleet.name}-{down}"
    subprocess.run(["docker", "kill", name], check=True, capture_output=True)
    try:
        run = fleet.playbook("status")
    finally:
        subprocess.run(["docker", "start", name], check=True, capture_output=True)
        fleet.wait_for(down)
    assert run.status == 0, run.output
    told = json.loads((fleet.state / "status" / "status.json").read_text())
    assert told["remarks"][0].startswith(f"{down} cannot be reached: ")
    assert {one["host"] for one in told["services"]} == set(fleet.hosts()) - {down}
    assert (told["lease"] is None) == (group == "db")
    for host in fleet.hosts("backend"):
        wait_until_up(fleet, host)
