"""How one authority takes another's place in three steps, between which everybody learns of it: decisions only.

`ca.crt` holds the authority that signs, and after it those that are trusted as well. First the new one is trusted, then
it signs, then the former one is trusted no more. A step that was taken already has nothing to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .plan import CA, RefusedError
from .x509 import (
    SigningKey,
    Term,
    belong_together,
    common_name,
    issue_authority,
    key_to_pem,
    limits_in,
    new_key,
    signed_by,
    to_pem,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

CERTIFICATES, KEY, NEXT_KEY = f"{CA}.crt", f"{CA}.key", f"{CA}-next.key"

Files = dict[str, bytes | None]
"""What to write, in this order; None removes a file."""


def trust(stored: Mapping[str, bytes], now: datetime) -> Files:
    """Have a new authority trusted, which may vouch for the same, for as long."""
    signing, *others = _authorities(stored)
    kept = _next(stored)
    if others:
        if kept is None:
            raise RefusedError("another authority is trusted already; drop it first.")
        return {}
    if KEY not in stored:
        raise RefusedError(f"there is no {KEY}: the authority is not ours, and its owner has to replace it.")
    made = new_key()
    days = (signing.not_valid_after_utc - signing.not_valid_before_utc).days
    fresh = issue_authority(kept or made, common_name(signing.subject), limits_in(signing), Term(now, days))
    # The key first: nobody shall trust what nobody can sign with.
    files: Files = {} if kept else {NEXT_KEY: key_to_pem(made)}
    return files | {CERTIFICATES: _bundle(signing, fresh)}


def switch(stored: Mapping[str, bytes]) -> Files:
    """Have the new authority sign. The former stays trusted."""
    key = _next(stored)
    if key is None:
        if len(_authorities(stored)) > 1:
            return {}
        raise RefusedError("there is no new authority; have one trusted first.")
    former = [one for one in _authorities(stored) if not belong_together(one, key)]
    fresh = [one for one in _authorities(stored) if belong_together(one, key)]
    if not fresh:
        raise RefusedError(f"{CERTIFICATES} does not hold the certificate of {NEXT_KEY}; have it trusted first.")
    return {CERTIFICATES: _bundle(*fresh, *former), KEY: stored[NEXT_KEY], NEXT_KEY: None}


def drop(stored: Mapping[str, bytes]) -> Files:
    """Have the former authority trusted no more."""
    signing, *others = _authorities(stored)
    if _next(stored):
        raise RefusedError("the new authority does not sign yet; switch to it first.")
    left = sorted(
        name
        for name, content in stored.items()
        if name.endswith(".crt")
        and name != CERTIFICATES
        and _issued_by_any(content, others)
        and not _issued_by_any(content, [signing])
    )
    if left:
        raise RefusedError(
            f"{', '.join(left)}: still of the former authority; run playbooks/deploy.yml and build.yml first."
        )
    return {CERTIFICATES: _bundle(signing)} if others else {}


STEPS: dict[str, Callable[[Mapping[str, bytes], datetime], Files]] = {
    "trust": trust,
    "switch": lambda stored, _now: switch(stored),
    "drop": lambda stored, _now: drop(stored),
}


def _authorities(stored: Mapping[str, bytes]) -> list[x509.Certificate]:
    if CERTIFICATES not in stored:
        raise RefusedError(f"there is no {CERTIFICATES}: the first deploy makes it.")
    return x509.load_pem_x509_certificates(stored[CERTIFICATES])


def _next(stored: Mapping[str, bytes]) -> SigningKey | None:
    if NEXT_KEY not in stored:
        return None
    key = load_pem_private_key(stored[NEXT_KEY], password=None)
    if not isinstance(key, SigningKey):
        raise RefusedError(f"{NEXT_KEY} is neither an ECDSA nor an RSA key; remove it.")
    return key


def _issued_by_any(content: bytes, issuers: list[x509.Certificate]) -> bool:
    (first, *_) = x509.load_pem_x509_certificates(content)
    return any(signed_by(first, issuer) for issuer in issuers)


def _bundle(*certificates: x509.Certificate) -> bytes:
    return b"".join(map(to_pem, certificates))
