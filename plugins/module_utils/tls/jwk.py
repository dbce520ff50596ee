"""The name that an ACME account's key goes by in challenges."""

from __future__ import annotations

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def thumbprint(key: str) -> str:
    """Return the thumbprint of a key's public half (RFC 7638), as key authorizations have it (RFC 8555, 8.1).

    Args:
        key: Private key as PEM, ECDSA on P-256. Raises ValueError where it is another.
    """
    loaded = load_pem_private_key(key.encode(), password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey) or not isinstance(loaded.curve, ec.SECP256R1):
        raise ValueError(  # noqa: TRY004  what is wrong is the file's content
            "the key of an ACME account has to be ECDSA on P-256; remove acme.key, and a new one is made."
        )
    numbers = loaded.public_key().public_numbers()
    members = {"crv": "P-256", "kty": "EC", "x": _encode(numbers.x.to_bytes(32)), "y": _encode(numbers.y.to_bytes(32))}
    return _encode(hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest())


def _encode(number: bytes) -> str:
    return base64.urlsafe_b64encode(number).rstrip(b"=").decode()
