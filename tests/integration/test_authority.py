"""The authority is replaced while people work: nobody is refused, and the former one vouches for nobody afterwards."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import traffic
from certificates import SERVICES, all_kept, all_shown, kept
from cryptography import x509
from fleet import ROOT
from marks import soak
from state import at_rest, put_right
from traffic import load

if TYPE_CHECKING:
    from fleet import Fleet

# Shows a certificate of its own to whoever takes the backups, and says what became of it: that side is silent to those
# it takes in, and ends the connection of others.
KNOCK = """
import socket, ssl, sys
address, folder = sys.argv[1:]
context = ssl.create_default_context(cafile=f"{folder}/ca.crt")
context.check_hostname = False
context.load_cert_chain(f"{folder}/client.crt", f"{folder}/client.key")
try:
    with context.wrap_socket(socket.create_connection((address, 8432), 5)) as one:
        one.settimeout(2)
        print("refused" if one.recv(1) == b"" else "taken in")
except TimeoutError:
    print("taken in")
except OSError:
    print("refused")
"""


def authorities(fleet: Fleet) -> list[x509.Certificate]:
    """Those that the controller trusts."""
    return x509.load_pem_x509_certificates((fleet.state / "tls" / "ca.crt").read_bytes())


def take(fleet: Fleet, step: str) -> None:
    """Take a step as docs/secrets.md says."""
    subprocess.run([sys.executable, ROOT / "scripts" / "authority.py", step, fleet.state / "tls"], check=True)


def taken_in(fleet: Fleet, pair: dict[str, str]) -> bool:
    """Whether the backups' repository talks to who shows it this certificate, on the database's host."""
    (db,), (build,) = fleet.hosts("db"), fleet.hosts("build")
    files = pair | {"ca.crt": (fleet.state / "tls" / "ca.crt").read_text()}
    write = "".join(f"printf %s {shlex.quote(text)} >$d/{name}; " for name, text in files.items())
    ask = f"python3 -c {shlex.quote(KNOCK)} {fleet.address(build)} $d"
    said = fleet.run(db, f"d=$(mktemp -d); {write}{ask}; rm -r $d").strip()
    assert said in {"taken in", "refused"}
    return said == "taken in"


def pair(fleet: Fleet) -> dict[str, str]:
    """What the database shows to the backups' repository."""
    return {f"client.{kind}": (fleet.state / "tls" / f"backup_database.{kind}").read_text() for kind in ("crt", "key")}


@soak
def test_the_authority_is_replaced_and_nobody_is_refused_and_the_former_vouches_for_nobody(fleet: Fleet) -> None:
    (former,), shown_before = authorities(fleet), pair(fleet)
    assert taken_in(fleet, shown_before)
    for step in ("trust", "switch", "drop"):
        # People trust what they trusted before the step.
        with load(fleet, traffic.visit(fleet)) as running:
            take(fleet, step)
            for playbook in ("deploy", "build"):
                run = fleet.playbook(playbook)
                assert run.status == 0, run.output
        print(f"{step}: {running.report}")
        assert running.report.lost == 0, running.report
    (present,) = authorities(fleet)
    assert all_shown(fleet) == all_kept(fleet)
    for name in SERVICES:
        kept(fleet, name).verify_directly_issued_by(present)
    assert present.public_key() != former.public_key()
    assert (taken_in(fleet, pair(fleet)), taken_in(fleet, shown_before)) == (True, False)
    fleet.run(fleet.hosts("build")[0], "/usr/local/lib/jobfolio/backup incr")
    put_right(fleet)
    at_rest(fleet)
