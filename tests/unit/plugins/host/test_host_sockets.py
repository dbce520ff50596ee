"""Who holds which port."""

from __future__ import annotations

from host.docker import reduce_container
from host.sockets import Socket, parse_proc_net, taken_ports

ANYWHERE = "0.0.0.0"
HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
TCP = (
    HEADER
    + """\
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1678 1 000000009bd9d21c 100
   1: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1700 1 000000009bd9d21c 100
   2: 010012C6:CFE0 0B0012C6:0016 01 00000000:00000000 02:000AD9A8 00000000     0        0 74680 2 00000000d791b194 20
"""
)
TCP6 = (
    HEADER
    + """\
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 0:0 00:0 00000000 0 0 77 1
   1: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 0A 0:0 00:0 00000000 0 0 78 1
"""
)
UDP = (
    HEADER
    + """\
   0: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 90 2 00000000d791b194 0
   1: 010012C6:0044 020012C6:0035 01 00000000:00000000 00:00000000 00000000     0        0 91 2 00000000d791b194 0
"""
)


def container(name: str, network: str) -> dict[str, object]:
    return {
        "name": name,
        "networks": [network],
        "ports": [{"proto": "tcp", "address": ANYWHERE, "port": 5432}],
    }


def test_listening_and_unconnected_sockets_are_told_and_connections_are_not() -> None:
    assert [(found.address, found.port) for found in parse_proc_net(TCP, "tcp")] == [
        (ANYWHERE, 2024),
        ("127.0.0.1", 5432),
    ]
    assert [(found.address, found.port) for found in parse_proc_net(TCP6, "tcp")] == [("::", 22), ("::1", 53)]
    assert parse_proc_net(UDP, "udp") == [Socket("udp", ANYWHERE, 68, "90")]


def test_a_port_that_a_stranger_holds_names_its_process() -> None:
    ports = taken_ports([Socket("tcp", ANYWHERE, 5432, "7")], {"7": "postgres"}, [], "jobfolio")
    assert [(port["process"], port["own"]) for port in ports] == [("postgres", False)]


def test_a_port_that_our_container_publishes_is_ours_and_another_containers_is_not() -> None:
    held = [Socket("tcp", ANYWHERE, 5432, "7")]
    ours = taken_ports(held, {"7": "docker-proxy"}, [container("postgres", "jobfolio")], "jobfolio")
    assert [(port["container"], port["own"]) for port in ours] == [("postgres", True)]
    theirs = taken_ports(held, {"7": "docker-proxy"}, [container("other", "bridge")], "jobfolio")
    assert [(port["container"], port["own"]) for port in theirs] == [("other", False)]


def test_a_published_port_counts_without_the_userland_proxy() -> None:
    assert [port["port"] for port in taken_ports([], {}, [container("postgres", "jobfolio")], "jobfolio")] == [5432]


def test_a_container_is_reduced_to_what_the_roles_use() -> None:
    reduced = reduce_container(
        {
            "Names": ["/postgres"],
            "Id": "ab",
            "Image": "registry/postgres@sha256:00",
            "ImageID": "sha256:11",
            "Labels": None,
            "Command": "postgres --secret",
            "State": "running",
            "Status": "Up 4 minutes (healthy)",
            "Ports": [
                {"IP": ANYWHERE, "PrivatePort": 5432, "PublicPort": 5432, "Type": "tcp"},
                {"PrivatePort": 80, "Type": "tcp"},
            ],
            "NetworkSettings": {"Networks": {"jobfolio": {}}},
            "Mounts": [{"Type": "volume", "Name": "data"}, {"Type": "bind", "Source": "/etc/x"}],
        }
    )
    assert reduced["name"] == "postgres"
    assert reduced["health"] == "healthy"
    assert reduced["ports"] == [{"proto": "tcp", "address": ANYWHERE, "port": 5432}]
    assert reduced["volumes"] == ["data"]
    assert reduced["networks"] == ["jobfolio"]
    assert "secret" not in str(reduced)
