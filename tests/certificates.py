"""The certificates of a fleet: those that its services show, and those that the controller keeps."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fleet import ROOT

if TYPE_CHECKING:
    from fleet import Fleet

SOURCE = ROOT / "plugins" / "module_utils" / "tls" / "served.py"
# Each certificate, and the group and port of the hosts that show it.
SERVICES = {
    "postgres": ("db", 5432),
    "backup_database": ("db", 8432),
    "backup_repository": ("build", 8432),
    "registry": ("build", 5000),
    "edge": ("edge", 443),
}


def kept(fleet: Fleet, name: str) -> x509.Certificate:
    """A certificate as it lies on the controller."""
    return x509.load_pem_x509_certificate((fleet.state / "tls" / f"{name}.crt").read_bytes())


def shown(fleet: Fleet, name: str) -> set[str]:
    """The certificates that a service shows, in hex, asked on its own hosts."""
    group, port = SERVICES[name]
    found = set()
    for host in fleet.hosts(group):
        ask = f"print(shown({fleet.address(host)!r}, {port}, postgres={name == 'postgres'}).hex())"
        found.add(fleet.run(host, f"python3 -c {shlex.quote(f'{SOURCE.read_text()}{ask}')}").strip())
    return found


def all_shown(fleet: Fleet) -> dict[str, set[str]]:
    return {name: shown(fleet, name) for name in SERVICES}


def all_kept(fleet: Fleet) -> dict[str, set[str]]:
    return {name: {kept(fleet, name).public_bytes(Encoding.DER).hex()} for name in SERVICES}
