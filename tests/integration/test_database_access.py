"""Who may talk to the database: the hosts that the access policy names, and nobody else."""

import shlex

from fleet import Fleet

# Speaks PostgreSQL's protocol as far as the first answer: R asks for a password, E refuses.
KNOCK = """
import socket, ssl, struct, sys
plain = socket.create_connection((sys.argv[1], 5432), timeout=5)
plain.sendall(struct.pack("!ii", 8, 80877103))
assert plain.recv(1) == b"S"
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
server = context.wrap_socket(plain)
body = struct.pack("!i", 196608) + b"user\\0jobfolio_app\\0database\\0jobfolio\\0\\0"
server.sendall(struct.pack("!i", len(body) + 4) + body)
print(server.recv(4096).decode(errors="replace"))
"""


def knock(fleet: Fleet, host: str) -> str:
    """What the database says to the application's role when it comes from a host; nothing where it is not reached."""
    command = shlex.join(["python3", "-c", KNOCK, fleet.address(fleet.hosts("db")[0])])
    said = fleet.on(host).run(command)
    assert said.succeeded or "TimeoutError" in said.stderr, said.stderr
    return str(said.stdout)


def test_a_host_without_a_backend_does_not_reach_the_database(fleet: Fleet) -> None:
    for host in [*fleet.hosts("edge"), *fleet.hosts("build")]:
        assert not knock(fleet, host)


def test_where_no_packet_filter_stands_in_between_the_database_itself_refuses_before_a_password_is_tried(
    fleet: Fleet,
) -> None:
    """From the database's own host: its packets pass no filter, and it runs no backend."""
    answer = knock(fleet, fleet.hosts("db")[0])
    assert answer.startswith("E"), answer
    assert "no pg_hba.conf entry" in answer


def test_a_host_with_a_backend_is_asked_for_a_password(fleet: Fleet) -> None:
    for host in fleet.hosts("backend"):
        assert knock(fleet, host).startswith("R")
