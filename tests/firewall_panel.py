"""Everything that scenario firewall can see of a host's ruleset from outside and from its containers."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from access.verdict import allows
from firewall_stage import BACKEND1, DB1, POLICY, SOURCES, Model, load
from packets import FAMILIES, PREFIX, PREFIX6, Knock, Lookout, Machine, Port
from probe import ANSWERED, SILENT, Cell

# Docker's own bridge and the application's: the gateway, and where their containers are. And what is meant for nobody.
INNER = [*(f"172.30.0.{number}" for number in (1, 2, 3)), "172.29.0.1", "172.29.0.2", "127.0.0.1"]
INNER_CELLS: list[Cell] = [
    *(
        (address, "tcp", port)
        for address in INNER
        for port in (22, 443, 5432, 5900, 6000, 8080, 9000, 9100, 9200, 9202)
    ),
    *((address, "udp", port) for address in INNER for port in (5300, 9001, 9101, 9201)),
]
EVERYONE = [f"{PREFIX}.0/24", f"{PREFIX6}::/64"]
DOWNLOAD = 300_000
# Open to the machine behind the router: a port of the host's own, and one of a container's.
FAR_PORTS = (9100, 8443)
# The one rule that cuts, and two that keep.
CUT, KEPT = 8443, (5432, 9100)


def wide() -> Model:
    """The scenario's policy, but everyone is where developers and visitors were."""
    return Model(POLICY, SOURCES | {"developers": EVERYONE, "visitors": EVERYONE})


@dataclass
class Panel:
    """Looks at one host after the other. `problems` says what is not as the model has it."""

    lookout: Lookout
    clients: dict[str, Machine]
    far: Machine
    matrix: list[Knock]
    # Seconds for a download, which needs a fraction of one.
    patience: float = 10.0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.cycle(range(100, 200)))

    def checks(self) -> list[Callable[[Machine, Model], list[str]]]:
        """What there is to see, the quickest first."""
        return [self.cells, self.neighbours, self.leases, self.essentials, self.itself, self.containers, self.road]

    def problems(self, host: Machine, model: Model) -> Iterator[str]:
        """All that is wrong with a host whose table is loaded, as it is found."""
        for check in self.checks():
            yield from (f"{check.__name__}: {problem}" for problem in check(host, model))

    def cells(self, host: Machine, model: Model) -> list[str]:
        """Every client, port and family; addresses have to be resolved anew for it."""
        host.run("ip neighbour flush dev eth0")
        return self.lookout.differences([knock for knock in self.matrix if knock.host == host], model.allows)

    def neighbours(self, host: Machine, model: Model) -> list[str]:
        """Frames to addresses behind the host, from a neighbour who may reach some port and one who may not."""
        del model
        return [
            f"{name} reaches {address} {protocol}/{port} behind {host.name}: {outcome}"
            for name in ("developer", "stranger")
            for (address, protocol, port), outcome in zip(
                INNER_CELLS, self.lookout.prober(self.clients[name]).frames(host, INNER_CELLS), strict=True
            )
            if outcome != SILENT
        ]

    def essentials(self, host: Machine, model: Model) -> list[str]:
        """The host says that it is there to whoever asks."""
        del model
        addresses = [host.address(family) for family in FAMILIES]
        prober = self.lookout.prober(self.clients["stranger"])
        for timeout in (0.5, 2.0):
            answers = prober.ask("echo", 2 * timeout, addresses=addresses, timeout=timeout)
            if all(answers):
                return []
        return [
            f"{address} does not answer to echo requests"
            for address, heard in zip(addresses, answers, strict=True)
            if not heard
        ]

    def containers(self, host: Machine, model: Model) -> list[str]:
        """A container reaches other hosts, and of its own host only what that host may reach itself."""
        may = {
            port: allows(model.policy, host.name, host.address(4), "tcp", port, 0.0) for port in (22, 443, 9100, 9200)
        }
        other = DB1 if host == BACKEND1 else BACKEND1
        problems: list[str] = []
        for container, gateway in (("front", "172.30.0.1"), ("plain", "172.29.0.1")):
            outside: list[Cell] = [(other.address(4), "tcp", 443), (self.clients["edge1"].address(4), "tcp", CUT)]
            cells: list[Cell] = [*((gateway, "tcp", port) for port in may), *outside]
            asked = [
                {"command": "probe", "cells": cells, "timeout": 0.6},
                {"command": "echo", "addresses": [gateway], "timeout": 0.6},
            ]
            given = "\n".join(map(json.dumps, asked))
            said = host.run(f"docker exec -i {container} python3 /opt/probe.py probe", stdin=given)
            answers, heard = map(json.loads, said.splitlines())
            wanted = [*((ANSWERED if open_ else SILENT) for open_ in may.values()), ANSWERED, ANSWERED]
            problems += [
                f"{container} on {host.name} to {cell}: {answer}, expected {want}"
                for cell, answer, want in zip(cells, answers, wanted, strict=True)
                if answer != want
            ]
            if not all(heard):
                problems.append(f"{container} on {host.name} gets no echo from {gateway}")
        return problems

    def itself(self, host: Machine, model: Model) -> list[str]:
        """A host reaches its own ports, and those of others, whatever the policy opens."""
        del model
        edge1 = self.clients["edge1"]
        cells: list[Cell] = [
            (host.address(family), "tcp", port) for family in FAMILIES for port in (22, CUT, 5900, 9100)
        ]
        cells += [("127.0.0.1", "tcp", 9000), ("127.0.0.1", "tcp", 9202), ("127.0.0.1", "udp", 9001)]
        cells += [(edge1.address(family), "tcp", CUT) for family in FAMILIES]
        answers = self.lookout.prober(host).ask("probe", 1.0, cells=cells, timeout=1.0)
        return [
            f"{host.name} to {cell}: {answer}"
            for cell, answer in zip(cells, answers, strict=True)
            if answer != ANSWERED
        ]

    def leases(self, host: Machine, model: Model) -> list[str]:
        """Answers of DHCP servers arrive at the client's port; their source ports open no other."""
        del model
        stranger = self.clients["stranger"]
        ports = [Port("udp", port) for port in (68, 546, 5300, 9101, 9201)]
        ports += [Port("tcp", port) for port in (22, 68, 5432, 9100)]
        problems = []
        for family, source, open_port in ((4, 67, 68), (6, 547, 546)):
            # From the server's port (over IPv6 at a link-local address), from another, from another address.
            looks = [(source, True), (40000, True), *([(source, False)] if family == 6 else [])]
            for from_port, link_local in looks:
                # From an address that the host's connection tracking has not met a moment ago.
                number = next(self.numbers)
                local = f"fe80::1:{number}" if link_local else f"{PREFIX6}::1:{number}"
                sources = {"4": f"{PREFIX}.{number}", "6": local}
                added = [f"{sources['4']}/32 dev eth0", f"{local}/64 dev eth0"]
                stranger.run(f"ip address replace {added[0]} && ip address replace {added[1]} nodad")
                # Answers come from an address of the kind that was asked from.
                address = host.link_local() if family == 6 and link_local else host.address(family)
                cells: list[Cell] = [(address, port.protocol, port.number) for port in ports]
                outcomes = self.lookout.prober(stranger).frames(host, cells, source_port=from_port, sources=sources)
                # Otherwise it would come from there in what follows.
                stranger.run(f"ip address delete {added[0]} && ip address delete {added[1]}")
                heard = {cell[1:] for cell, outcome in zip(cells, outcomes, strict=True) if outcome != SILENT}
                wanted = {("udp", open_port)} if from_port == source and link_local else set()
                if heard != wanted:
                    problems.append(f"{host.name} answers over IPv{family} to port {from_port}: {heard}, not {wanted}")
        return problems

    def road(self, host: Machine, model: Model) -> list[str]:
        """Much data goes over a link whose MTU the host can only learn from ICMP."""
        del model
        # What was learned before is forgotten, in the container as well.
        for inside in ("", "nsenter --net --target=$(docker inspect front --format '{{.State.Pid}}') "):
            host.run(f"{inside}ip route flush cache; {inside}ip -6 route flush cache")
        prober = self.lookout.prober(self.far)
        stalled = []
        for family in FAMILIES:
            for port in FAR_PORTS:
                arguments = {"address": host.address(family), "port": port, "size": DOWNLOAD, "timeout": self.patience}
                received = prober.ask("download", 2 * self.patience, **arguments)
                if received < DOWNLOAD:
                    stalled.append(f"{received} bytes of {DOWNLOAD} from {host.address(family)} port {port}")
        return stalled

    @staticmethod
    def marks(host: Machine) -> int:
        """How often the server behind the port of the rule that cuts was told something and put it on record."""
        return host.run("docker logs front 2>&1").count("mark 8080")

    def connections(self, host: Machine, text: str) -> list[str]:
        """Load a narrower table while connections are held: those of a rule that cuts end, all others go on."""
        load(host, wide().ruleset(host))
        stranger = self.lookout.prober(self.clients["stranger"])
        developer = self.lookout.prober(self.clients["developer"])
        kept = [port for port in KEPT if port != 5432 or host == DB1]
        addresses = [host.address(family) for family in FAMILIES]
        strangers: list[Cell] = [(address, "tcp", port) for address in addresses for port in (CUT, *kept)]
        developers: list[Cell] = [(address, "tcp", CUT) for address in addresses]
        problems: list[str] = []
        try:
            held = [*stranger.hold(strangers), *stranger.hold(strangers, tick=True), *developer.hold(developers)]
            if not all(held):
                return [f"{host.name}: connections did not come about under the wide policy"]
            load(host, text)
            heard = stranger.heard(time.time(), 0.7)[len(strangers) :]
            marks = self.marks(host)
            stranger.mark()
            echoed = stranger.ping(0.7)[: len(strangers)]
            for cell, *alive in zip(strangers, echoed, heard, strict=True):
                want = cell[2] != CUT
                if alive != [want, want]:
                    problems.append(f"{cell}: echoed, heard {alive}, expected {want}")
            if self.marks(host) != marks:
                problems.append(f"{host.name}: the server behind port {CUT} still hears a client that was cut off")
            problems += [
                f"{cell}: ended, though allowed"
                for cell, alive in zip(developers, developer.ping(), strict=True)
                if not alive
            ]
        finally:
            stranger.drop()
            developer.drop()
        return problems
