"""Who may talk to the database: the backends' hosts, and nobody else."""

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
    """What the database says to the application's role when it comes from a host."""
    return fleet.run(host, shlex.join(["python3", "-c", KNOCK, fleet.address(fleet.hosts("db")[0])]))


def test_a_host_without_a_backend_is_refused_before_it_may_try_a_password(fleet: Fleet) -> None:
    for host in [*fleet.hosts("edge"), *fleet.hosts("build")]:
        answer = knock(fleet, host)
        assert answer.startswith("E"), answer
        assert "no pg_hba.conf entry" in answer


def test_a_host_with_a_backend_is_asked_for_a_password(fleet: Fleet) -> None:
    for host in fleet.hosts("backend"):
        assert knock(fleet, host).startswith("R")
