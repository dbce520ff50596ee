"""The two hosts of scenario firewall, Debian 12 and 13: every kind of listener, and the policies they are given."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from access.kernel import Table, read, transaction
from access.nftables import ruleset
from access.policy import parse
from access.verdict import allows
from packets import PREFIX, PREFIX6, PROBE, Knock, Machine, Port, docker, knocks, poll
from probe import Cell

DB1, BACKEND1 = HOSTS = (Machine("db1", 11), Machine("backend1", 12))
# The hosts of the inventory. Of the others there is one client, with the edge's addresses.
BACKEND2, EDGE1 = Machine("backend2", 13), Machine("edge1", 14)
INVENTORY = {
    DB1: ["db"],
    BACKEND1: ["backend"],
    BACKEND2: ["backend"],
    EDGE1: ["frontend", "edge"],
    Machine("build1", 15): ["build"],
}

# A root file system of nothing but names: what is in it comes from the host, read-only.
HOLLOW = (
    "d=$(mktemp -d); mkdir $d/etc $d/tmp $d/proc $d/dev; for n in bin lib lib64; do ln -s usr/$n $d/$n; done;"
    "tar -C $d -c . | docker import - hollow >/dev/null; rm -r $d"
)
RUN = "docker run --detach --restart=always --stop-signal=KILL --volume=/usr:/usr:ro --volume=/opt:/opt:ro"
LISTEN = "hollow python3 /opt/probe.py listen"
UNIT = """[Unit]
Description=Listeners of the host itself
[Service]
ExecStart=/usr/bin/python3 /opt/probe.py listen tcp/9200 udp/9201 tcp/9202@127.0.0.1 udp/68 udp/546
[Install]
WantedBy=multi-user.target
"""
# Published ports, and those that listen: one behind two of the host's, a range, datagrams, one that is not published.
CONTAINERS = {
    "front": (
        "443:8080 8443:8080 5432:5432 8001-8003:8001-8003 5300:5300/udp 7000-7002:7000-7002/udp",
        "tcp/8080 tcp/5432 tcp/8001 tcp/8002 tcp/8003 tcp/6000 udp/5300 udp/7000 udp/7001 udp/7002",
    ),
    "local": ("127.0.0.1:9000:9000 127.0.0.1:9001:9001/udp", "tcp/9000 udp/9001"),
    "plain": ("5900:5900", "tcp/5900"),
    "hostnet": ("", "tcp/9100 udp/9101"),
}
NETWORKS = {"plain": "bridge", "hostnet": "host"}
PORTS = [
    *(Port("tcp", port) for port in (22, 443, 8443, 5432, 8001, 8002, 8003, 5900, 9100, 9200)),
    *(Port("udp", port) for port in (5300, 7000, 7001, 7002, 9101, 9201)),
    # Nobody answers there but the kernel, which says so to whom the firewall lets through.
    *(Port("tcp", port, answers=False) for port in (6000, 8080, 9000, 9202, 4444)),
]


def moment(seconds: float) -> str:
    """So many seconds from now, as a policy writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds")


SOURCES: dict[str, Any] = {
    "operators": [f"{PREFIX}.1/32", f"{PREFIX6}::1/128", f"{PREFIX}.21/32", f"{PREFIX6}::21/128"],
    # Behind a router.
    "afar": [f"{PREFIX}.250/32", f"{PREFIX6}::250/128"],
    "former": [{"cidr": f"{PREFIX}.21/32", "owner": "bob", "expires": moment(-86400)}],
    "developers": [f"{PREFIX}.22/32", f"{PREFIX6}::22/128"],
    "visitors": [
        {"cidr": f"{PREFIX}.22/32", "owner": "ana", "reason": "debug import job", "expires": moment(86400)},
        {"cidr": f"{PREFIX6}::22/128", "owner": "ana", "expires": moment(86400)},
        {"cidr": f"{PREFIX}.21/32", "owner": "bob", "expires": moment(-86400)},
    ],
}
POLICY: list[dict[str, Any]] = [
    {"name": "ssh", "to": ["all"], "proto": "tcp", "port": 22, "from": ["operators"]},
    {"name": "https", "to": ["db", "backend"], "proto": "tcp", "port": 443, "from": ["anywhere"]},
    {"name": "api", "to": ["backend"], "proto": "tcp", "port": "8001-8002", "from": ["edge"]},
    {"name": "postgres", "to": ["db"], "proto": "tcp", "port": 5432, "from": ["backend", "developers"]},
    {"name": "names", "to": ["all"], "proto": "udp", "port": [5300, "7000-7001"], "from": ["edge", "operators"]},
    {
        "name": "own",
        "to": ["all"],
        "proto": "tcp",
        "port": ["9100-9200", 4444],
        "from": ["developers", "afar", "former"],
    },
    {
        "name": "support",
        "to": ["all"],
        "proto": "tcp",
        "port": 8443,
        "from": ["visitors", "edge", "afar"],
        "revoke": "cut",
    },
    {"name": "own_udp", "to": ["db"], "proto": "udp", "port": "9101-9201", "from": ["developers", "backend"]},
]


class Model:
    """A policy, for the hosts of this scenario."""

    def __init__(
        self,
        policy: list[dict[str, Any]] | None = None,
        sources: dict[str, Any] | None = None,
        now: float | None = None,
    ) -> None:
        hosts = {
            machine.name: {"tiers": tiers, "private": [machine.address(4), machine.address(6)], "public": []}
            for machine, tiers in INVENTORY.items()
        }
        rules, known = policy or POLICY, SOURCES | (sources or {})
        # An expired grant is let pass, as on a host that no controller came to since. No security group has to hold it.
        self.policy = parse(rules, known, hosts, now or time.time(), group_rules=0, lenient=True)
        # The same, as variables of a playbook.
        self.given: dict[str, Any] = {"access_policy": rules, "access_sources": known}

    def ruleset(self, host: Machine) -> str:
        """The table of a host."""
        return ruleset(self.policy, host.name)

    def allows(self, knock: Knock) -> bool:
        """Whether a knock gets through now."""
        return allows(self.policy, knock.host.name, knock.source, knock.port.protocol, knock.port.number, time.time())


def closed_to(client: Machine, model: Model) -> list[Cell]:
    """What a client may not reach, though somebody would answer."""
    answering = [port for port in PORTS if port.answers]
    return [knock.cell for knock in knocks([client], HOSTS, answering) if not model.allows(knock)]


def load(host: Machine, text: str) -> None:
    """Put a table in the place of the one that a host has, at once."""
    host.run("nft -f -", stdin=f"table inet access\ndelete table inet access\n{text}")


def listing(host: Machine) -> str:
    """The table that a host has now, without what counts and passes."""
    return host.run("nft -j -s list table inet access")


def change(host: Machine, text: str) -> None:
    """Bring a host's table to another the way module firewall does."""
    desired = host.run("unshare --net sh -c 'nft -f - && nft -j -s list table inet access'", stdin=text)
    host.run("nft -f -", stdin=transaction(read(listing(host)), required(read(desired)), text))


def required(table: Table | None) -> Table:
    """The table, which is there."""
    assert table
    return table


def everything_answers(host: Machine) -> bool:
    """Whether every listener of a host answers to the host itself."""
    cells = [(host.address(4), port.protocol, port.number) for port in PORTS if port.answers]
    ask = json.dumps({"command": "probe", "cells": cells, "timeout": 2})
    answers = host.attempt("python3 /opt/probe.py probe", stdin=f"{ask}\n").stdout
    return answers.startswith("[") and set(json.loads(answers)) == {"answered"}


def wait_for_listeners(host: Machine) -> None:
    """Wait until every kind of listener answers again."""
    poll(f"all listeners of {host.name}", lambda: everything_answers(host), 60)


def restart(host: Machine) -> None:
    """Restart a host, and wait until it has booted and all its listeners answer again."""
    docker("restart", "--time=20", host.container)
    poll(
        f"the boot of {host.name}",
        lambda: host.attempt("systemctl is-system-running").stdout.strip() in {"running", "degraded"},
        60,
    )
    wait_for_listeners(host)


def replace_container(host: Machine, name: str) -> None:
    """Start a container of listeners in the place of the one that has its name."""
    published, ports = CONTAINERS[name]
    options = [f"--name={name}", f"--network={NETWORKS.get(name, 'jobfolio')}"]
    options += [f"--publish={one}" for one in published.split()]
    host.run(f"docker rm --force {name} 2>/dev/null; {RUN} {' '.join(options)} {LISTEN} {ports}")


def set_up(host: Machine) -> None:
    """Start every kind of listener on a host."""
    host.run("cat >/opt/probe.py", stdin=PROBE)
    host.run("cat >/etc/systemd/system/listeners.service", stdin=UNIT)
    host.run("systemctl daemon-reload && systemctl enable --quiet listeners && systemctl restart listeners")
    host.run(HOLLOW)
    for name in CONTAINERS:
        replace_container(host, name)
    wait_for_listeners(host)
