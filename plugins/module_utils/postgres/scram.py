"""Password verifiers as PostgreSQL keeps them, computed here so that no password has to be sent.

RFC 5802 (SCRAM), RFC 7677 (SCRAM-SHA-256); the stored form is that of pg_authid.rolpassword (PostgreSQL manual, 52.8).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re

ITERATIONS = 4096
"""The least that RFC 7677 allows, and PostgreSQL's default: more slows every log-in."""

SALT_BYTES = 16

VERIFIER = re.compile(
    r"SCRAM-SHA-256\$(?P<iterations>\d+):(?P<salt>[A-Za-z0-9+/=]+)\$(?P<stored>[A-Za-z0-9+/=]+):(?P<server>[A-Za-z0-9+/=]+)\Z"
)


class PasswordError(ValueError):
    """A password cannot be used. The message does not hold it."""


def prepare(password: str) -> bytes:
    """Return a password as SCRAM hashes it.

    SASLprep (RFC 4013) leaves printable ASCII as it is; anything else is refused, so that client and server cannot
    prepare it differently.
    """
    if not password or not all(" " <= character <= "~" for character in password):
        raise PasswordError("is empty or holds characters other than printable ASCII")
    return password.encode("ascii")


def verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """Return what PostgreSQL stores for a password.

    Args:
        password: Printable ASCII.
        salt: Random bytes.
        iterations: Rounds of PBKDF2.

    Raises:
        PasswordError: The password is empty or not printable ASCII.
    """
    salted = hashlib.pbkdf2_hmac("sha256", prepare(password), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(iterations, *encoded)


def fresh_verifier(password: str) -> str:
    """Return what PostgreSQL stores for a password, with a salt of its own."""
    return verifier(password, os.urandom(SALT_BYTES))


def matches(password: str, stored: str | None) -> bool:
    """Return whether a stored verifier is that of the password. Another kind of hash, or none, is not."""
    found = VERIFIER.match(stored or "")
    if found is None:
        return False
    computed = verifier(password, base64.b64decode(found["salt"]), int(found["iterations"]))
    return hmac.compare_digest(computed, found[0])
