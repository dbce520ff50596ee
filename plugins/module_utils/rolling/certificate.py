"""The certificate that a running HAProxy serves, by way of its runtime socket. Standard library only."""

from __future__ import annotations

import hashlib
import ssl

from .runtime import CommandError, ask, listening


def fingerprint(pem: str) -> str:
    """Return the SHA-1 of the first certificate, as HAProxy names it. Nothing is secured by it."""
    first = pem[pem.index("-----BEGIN CERTIFICATE-----") :].partition("-----END CERTIFICATE-----")
    der = ssl.PEM_cert_to_DER_cert(first[0] + first[1])
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


def serves(socket: str, name: str, pem: str) -> bool:
    """Return whether HAProxy serves this certificate under a name; one that does not run will, when it starts."""
    if not listening(socket):
        return True
    return f"SHA1 FingerPrint: {fingerprint(pem)}" in ask(socket, f"show ssl cert {name}")


def serve(socket: str, name: str, pem: str) -> None:
    """Have it serve a certificate to new connections. Raises CommandError with HAProxy's words where it refuses."""
    # Its socket takes an empty line for the end.
    lines = "".join(f"{line}\n" for line in pem.splitlines() if line)
    said = ask(socket, f"set ssl cert {name} <<\n{lines}")
    said += ask(socket, f"commit ssl cert {name}", timeout=60)
    if "Success!" not in said:
        ask(socket, f"abort ssl cert {name}")
        raise CommandError(" ".join(said.split()))
