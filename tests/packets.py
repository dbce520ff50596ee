"""Real packets between the hosts of a fleet on this machine and clients beside them.

Every client runs one prober (tests/probe.py), which knocks at all of its cells at once; a verdict is compared with what
the access policy's model says. A stranger floods closed ports while something happens, and tells of every success.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import os
import select
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from probe import ANSWERED, REFUSED, SILENT, Cell

PROBE = (Path(__file__).parent / "probe.py").read_text()
PREFIX = os.environ.get("FLEET_PREFIX", "198.18.0")
PREFIX6 = "fd00:" + PREFIX.replace(".", ":")
FLEET = os.environ.get("FLEET", "jobfolio")
FAMILIES = (4, 6)


def poll(what: str, condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something holds; after `seconds`, fail and say what it waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.05)


def docker(*arguments: str, check: bool = True) -> str:
    """Standard output of the Docker client on this machine."""
    run = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert not check or run.returncode == 0, f"docker {shlex.join(arguments)}: {run.stderr}"
    return run.stdout


@dataclass(frozen=True)
class Machine:
    """Something with an address in each family: a host of the fleet, a client container, or the controller."""

    name: str
    number: int
    # What comes before every command there: how to get into a network of its own inside the container.
    inside: tuple[str, ...] = ()

    @property
    def container(self) -> str:
        """Name of its container on this machine; empty for the controller, which is this machine."""
        return "" if self.name == "controller" else f"{FLEET}-{self.name}"

    def address(self, family: int) -> str:
        """Its address in the fleet's network."""
        return f"{PREFIX}.{self.number}" if family == 4 else f"{PREFIX6}::{self.number}"

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs a command there."""
        inside = [*self.inside, *arguments]
        return ["docker", "exec", "--interactive", self.container, *inside] if self.container else inside

    def attempt(self, script: str, *, stdin: str = "", seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a shell script there, as root, whatever its result."""
        return subprocess.run(
            self.command("sh", "-c", script), input=stdin, capture_output=True, text=True, timeout=seconds, check=False
        )

    def run(self, script: str, *, stdin: str = "", seconds: float = 60.0) -> str:
        """Standard output of a shell script there, which must succeed."""
        run = self.attempt(script, stdin=stdin, seconds=seconds)
        assert run.returncode == 0, f"{self.name}: {script}: {run.stderr or run.stdout}"
        return run.stdout

    def link_local(self) -> str:
        """Its IPv6 address that counts in the fleet's network only."""
        return self.run("ip -6 -brief address show dev eth0 scope link").split()[2].partition("/")[0]

    def mac(self) -> str:
        """Its hardware address in the fleet's network."""
        networks = json.loads(docker("inspect", self.container, "--format", "{{json .NetworkSettings.Networks}}"))
        return str(networks[FLEET]["MacAddress"])


CONTROLLER = Machine("controller", 1)


def start_guest(name: str, number: int, *options: str, suite: str = "trixie") -> Machine:
    """Start a client container on the fleet's network; the fleet's playbook removes it together with the hosts."""
    guest = Machine(name, number)
    docker("rm", "--force", guest.container, check=False)
    docker(
        *(
            "run",
            "--detach",
            "--init",
            f"--name={guest.container}",
            f"--hostname={name}",
            f"--label=fleet-guest={FLEET}",
        ),
        *(
            f"--network={FLEET}",
            f"--ip={guest.address(4)}",
            f"--ip6={guest.address(6)}",
            "--cap-add=NET_ADMIN",
            *options,
        ),
        *("--entrypoint=sleep", f"fleet-host:{suite}", "infinity"),
    )
    # An IPv6 address is usable once the kernel has made sure that nobody else has it.
    poll(
        f"IPv6 address of {guest.container}",
        lambda: "tentative" not in (shown := guest.run("ip -6 address show dev eth0")) and guest.address(6) in shown,
    )
    return guest


def start_road(number: int, far: int, mtu: int, hosts: Iterable[Machine]) -> Machine:
    """Start a router, and behind a link of a small MTU a machine, which is what this returns."""
    options = ["--sysctl=net.ipv4.ip_forward=1", "--sysctl=net.ipv6.conf.all.forwarding=1"]
    options += ["--sysctl=net.ipv6.conf.default.disable_ipv6=0", "--cap-add=SYS_ADMIN"]
    options += ["--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined"]
    road = start_guest("road", number, *options)
    road.run(f"""
        set -e
        unshare --net sleep infinity </dev/null >/dev/null 2>&1 & echo $! >/run/far
        until [ "$(readlink /proc/$(cat /run/far)/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
        ip link add near type veth peer name eth0 netns "$(cat /run/far)"
        ip link set near up mtu {mtu}
        ip address add 169.254.0.1/30 dev near
        ip address add fe80::1/64 dev near nodad
        ip route add {PREFIX}.{far}/32 dev near
        ip route add {PREFIX6}::{far}/128 dev near
    """)
    machine = Machine("road", far, ("nsenter", f"--net=/proc/{road.run('cat /run/far').strip()}/ns/net"))
    machine.run(f"""
        set -e
        ip link set lo up
        ip link set eth0 up
        ip address add {machine.address(4)}/32 dev eth0
        ip address add {machine.address(6)}/128 dev eth0 nodad
        ip route add 169.254.0.1/32 dev eth0
        ip route add default via 169.254.0.1
        ip route add default via fe80::1 dev eth0
    """)
    for host in hosts:
        for family in FAMILIES:
            host.run(f"ip route replace {machine.address(family)} via {road.address(family)}")
    return machine


class Prober:
    """A prober that runs on a machine until it is closed."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, command: str, patience: float, **arguments: object) -> Any:  # noqa: ANN401  as the command answers
        """Let it do something that takes `patience` seconds at most."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    self.machine.command("python3", "-u", "-c", PROBE, "probe"),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            assert self._process.stdin and self._process.stdout
            self._process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
            self._process.stdin.flush()
            ready, _, _ = select.select([self._process.stdout], [], [], patience + 30)
            assert ready, f"the prober on {self.machine.name} did not answer to {command}"
            line = self._process.stdout.readline()
            assert line, f"the prober on {self.machine.name} died over {command}"
            return json.loads(line)

    def hold(self, cells: Sequence[Cell], timeout: float = 5.0, *, tick: bool = False) -> list[bool]:
        """Open a connection to each cell and keep it; with `tick`, the listener sends without being asked."""
        held: list[bool] = self.ask("hold", 2 * timeout * (len(cells) + 1), cells=cells, timeout=timeout, tick=tick)
        return held

    def heard(self, since: float, timeout: float = 1.0) -> list[bool]:
        """Whether each kept connection brings something that was said after a moment, without being asked for."""
        heard: list[bool] = self.ask("heard", timeout, since=since, timeout=timeout)
        return heard

    def ping(self, timeout: float = 5.0) -> list[bool]:
        """Whether each kept connection still carries data both ways."""
        alive: list[bool] = self.ask("ping", timeout, timeout=timeout)
        return alive

    def mark(self) -> None:
        """Have the listener of each kept connection put on record that it still hears."""
        self.ask("mark", 1.0)

    def drop(self) -> None:
        """Close the connections that were kept."""
        self.ask("drop", 1.0)

    def frames(
        self,
        target: Machine,
        cells: Sequence[Cell],
        timeout: float = 0.3,
        *,
        source_port: int = 0,
        sources: Mapping[str, str] | None = None,
    ) -> list[str]:
        """What a target answers to frames that carry these cells' addresses straight to its hardware address."""
        sources = sources or {str(family): self.machine.address(family) for family in FAMILIES}
        answers: list[str] = self.ask(
            "frames", timeout, interface="eth0", mac=target.mac(), sources=sources, cells=cells, timeout=timeout,
            source_port=source_port,
        )  # fmt: skip
        return answers

    def close(self) -> None:
        """End the prober."""
        if self._process:
            assert self._process.stdin and self._process.stdout
            self._process.stdin.close()
            self._process.wait(10)
            self._process.stdout.close()
            self._process = None


@dataclass(frozen=True)
class Port:
    """A port of a host, and whether something answers there that other machines can see."""

    protocol: str
    number: int
    answers: bool = True

    def __str__(self) -> str:
        return f"{self.protocol}/{self.number}"


@dataclass(frozen=True)
class Knock:
    """One cell of the matrix: who knocks at which port of whom, over which family."""

    client: Machine
    host: Machine
    port: Port
    family: int

    @property
    def source(self) -> str:
        """Address that the host sees."""
        return self.client.address(self.family)

    @property
    def cell(self) -> Cell:
        """Where to knock."""
        return self.host.address(self.family), self.port.protocol, self.port.number

    def __str__(self) -> str:
        return f"{self.client.name} -> {self.host.name} {self.port} over IPv{self.family}"


def knocks(clients: Iterable[Machine], hosts: Iterable[Machine], ports: Iterable[Port]) -> list[Knock]:
    """All combinations, but those of a machine with itself."""
    combined = itertools.product(clients, hosts, ports, FAMILIES)
    return [Knock(client, host, port, family) for client, host, port, family in combined if client != host]


def passed(outcome: str) -> bool:
    """Whether a packet got past the firewall: also one that met a closed port did, and was told so."""
    return outcome in {ANSWERED, REFUSED}


@dataclass
class Lookout:
    """The probers of all clients, which look at the same time."""

    # First look, and how long one may take to be believed that nothing comes: this machine may be busy.
    quick: float = 0.35
    patient: tuple[float, ...] = (1.5, 5.0)
    _probers: dict[Machine, Prober] = field(default_factory=dict)

    def prober(self, machine: Machine) -> Prober:
        """The prober of a machine."""
        return self._probers.setdefault(machine, Prober(machine))

    def look(self, asked: Sequence[Knock], timeout: float) -> dict[Knock, str]:
        """Outcome of every knock."""
        by_client: dict[Machine, list[Knock]] = {}
        for knock in asked:
            by_client.setdefault(knock.client, []).append(knock)

        def ask(client: Machine) -> list[str]:
            cells = [knock.cell for knock in by_client[client]]
            answers: list[str] = self.prober(client).ask("probe", timeout, cells=cells, timeout=timeout)
            return answers

        with ThreadPoolExecutor(max_workers=max(1, len(by_client))) as pool:
            outcomes = list(pool.map(ask, by_client))
        return {
            knock: outcome
            for client, answers in zip(by_client, outcomes, strict=True)
            for knock, outcome in zip(by_client[client], answers, strict=True)
        }

    def differences(self, asked: Sequence[Knock], expected: Callable[[Knock], bool]) -> list[str]:
        """Sentences about all knocks that fared otherwise than expected; none when all is as it should be.

        What got through though it should not is held against the host at once. What stayed silent though it should get
        through is asked again, and longer.
        """
        may = {knock: expected(knock) for knock in asked}
        outcomes = self.look(asked, self.quick)
        for timeout in self.patient:
            lost = [knock for knock, outcome in outcomes.items() if may[knock] and not self._served(knock, outcome)]
            if not lost:
                break
            outcomes |= self.look(lost, timeout)
        return [
            f"{knock}: {outcome}, expected to be {'let through' if may[knock] else 'dropped'}"
            for knock, outcome in outcomes.items()
            if not (self._served(knock, outcome) if may[knock] else outcome == SILENT)
        ]

    @staticmethod
    def _served(knock: Knock, outcome: str) -> bool:
        return outcome == ANSWERED if knock.port.answers else passed(outcome)

    def close(self) -> None:
        """End all probers."""
        for prober in self._probers.values():
            prober.close()
        self._probers = {}


@dataclass(frozen=True)
class Breach:
    """A knock of the stranger that was answered."""

    time: float
    cell: Cell


class Stranger:
    """Floods cells that are closed to it from its start to its end; use it as a context manager.

    `breaches` holds every success, `attempts` how often it tried, `refused` how often a port was said to be closed.
    """

    def __init__(self, machine: Machine, cells: Sequence[Cell], *, rate: float = 150.0, seconds: float = 600.0) -> None:
        self.breaches: list[Breach] = []
        self.attempts = self.refused = 0
        self._process: subprocess.Popen[str] | None = None
        self._command = machine.command(
            "python3", "-u", "-c", PROBE, "flood", str(rate), str(seconds), json.dumps(cells)
        )
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._reader.start()
        poll("the stranger's first attempts", lambda: self.attempts > 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process and self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._reader.join(10)
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process and self._process.stdout
        for line in self._process.stdout:
            self._note(json.loads(line))

    def _note(self, said: Mapping[str, Any]) -> None:
        if "cell" in said:
            address, protocol, port = said["cell"]
            self.breaches.append(Breach(said["time"], (address, protocol, port)))
        else:
            self.attempts, self.refused = said["attempts"], said["refused"]

    def more(self, attempts: int) -> None:
        """Wait until it tried so many times more."""
        goal = self.attempts + attempts
        poll(f"{attempts} more attempts of the stranger", lambda: self.attempts >= goal)


@dataclass(frozen=True)
class Account:
    """What a stranger says who was started beside a fleet long ago."""

    attempts: int
    breaches: list[Breach]

    @classmethod
    def of(cls, container: str) -> Account:
        """Read it from the log of its container."""
        said = [json.loads(line) for line in docker("logs", container).splitlines()]
        breaches = [Breach(one["time"], tuple(one["cell"])) for one in said if "cell" in one]
        return cls(max((one["attempts"] for one in said if "attempts" in one), default=0), breaches)


def neighbours(network: str) -> list[str]:
    """The first addresses of a network, where a bridge's gateway and its containers are."""
    return [str(address) for address in itertools.islice(ipaddress.ip_network(network).hosts(), 4)]
