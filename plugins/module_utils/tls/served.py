"""The certificate that a server shows. Standard library only: it is asked on hosts."""

from __future__ import annotations

import socket
import ssl
import struct
from pathlib import Path

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""With which a client of PostgreSQL asks for TLS (PostgreSQL's documentation, 53.7, Message Formats)."""


def shown(host: str, port: int, *, postgres: bool = False, timeout: float = 10.0) -> bytes:
    """Return a server's certificate in DER. Who signed it is not asked. Raises OSError where it shows none.

    Args:
        host: Name or address.
        port: TCP port.
        postgres: Whether it speaks PostgreSQL's protocol, in which TLS has to be asked for.
        timeout: Seconds to wait for each answer.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((host, port), timeout) as plain:
        if postgres:
            plain.sendall(SSL_REQUEST)
            if plain.recv(1) != b"S":
                raise OSError("it offers no TLS")
        with context.wrap_socket(plain) as session:
            certificate = session.getpeercert(binary_form=True)
    if not certificate:
        raise OSError("it shows no certificate")
    return certificate


def stored(path: str) -> bytes:
    """Return the first certificate of a file of PEM in DER. Raises ValueError where there is none."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return ssl.PEM_cert_to_DER_cert(begin + Path(path).read_text().partition(begin)[2].partition(end)[0] + end)
