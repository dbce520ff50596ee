"""What has to be issued so that a directory holds valid certificates: decisions only, no input or output."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .x509 import (
    Limits,
    Names,
    Signer,
    SigningKey,
    Term,
    ageing,
    belong_together,
    common_name,
    for_clients,
    issue_authority,
    issue_leaf,
    key_to_pem,
    limits_in,
    names_in,
    new_key,
    signed_by,
    to_pem,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

CA = "ca"


class RefusedError(ValueError):
    """The certificates cannot be as wanted. The message is one sentence for the operator."""


@dataclass(frozen=True)
class Wish:
    """A certificate that shall be there. One that the operator supplies is judged, never written."""

    name: str
    names: Names
    client: bool = False
    supplied: bool = False


@dataclass(frozen=True)
class Policy:
    """The authority's common name and what it may vouch for, and how long certificates live."""

    authority: str
    domains: Sequence[str]
    networks: Sequence[str]
    authority_days: int
    days: int


@dataclass(frozen=True)
class Issue:
    """A certificate that is issued, with the files that change by it. `before` and `after` are for people."""

    name: str
    reason: str
    before: str
    after: str
    files: dict[str, bytes] = field(repr=False)


@dataclass(frozen=True)
class _Authority:
    certificate: x509.Certificate
    key: SigningKey | None


def plan(stored: Mapping[str, bytes], wishes: Sequence[Wish], policy: Policy, now: datetime) -> list[Issue]:
    """Return what is to be issued. `stored` holds the directory's files by name; raises RefusedError."""
    authority, issues = _plan_authority(stored, wishes, policy, now)
    for wish in wishes:
        if wish.supplied:
            _judge_supplied(stored, wish, now)
        else:
            issues += _plan_leaf(stored, wish, authority, now, policy.days)
    return issues


def _plan_authority(
    stored: Mapping[str, bytes], wishes: Sequence[Wish], policy: Policy, now: datetime
) -> tuple[_Authority, list[Issue]]:
    """Return the authority, kept or issued. One that is not ours is used as it is; no key is ever replaced."""
    certificate, key = _certificate(stored, CA), _key(stored, CA)
    limits = Limits.covering(policy.domains, policy.networks, [wish.names for wish in wishes if not wish.supplied])
    files: dict[str, bytes] = {}
    if certificate is not None:
        if key is not None and not belong_together(certificate, key):
            raise RefusedError("ca.key is not the key of ca.crt; put the pair that belongs together back.")
        ours = key is not None and signed_by(certificate, certificate)
        if not ours or common_name(certificate.subject) != policy.authority:
            _refuse_expired(CA, certificate, now)
            return _Authority(certificate, key), []
        if limits_in(certificate) != limits:
            reason = "what it may vouch for changed"
        elif ageing(certificate, now):
            reason = "less than a third of its life is left"
        else:
            return _Authority(certificate, key), []
    elif key is not None:
        reason = "its certificate is missing"
    else:
        reason = "there is none"
    if key is None:
        key = new_key()
        files["ca.key"] = key_to_pem(key)
    issued = issue_authority(key, policy.authority, limits, Term(now, policy.authority_days))
    issue = _issue(CA, reason, certificate, issued, files)
    # Behind it lie those that are trusted as well, while one authority takes another's place.
    issue.files["ca.crt"] += b"".join(map(to_pem, _certificates(stored, CA)[1:]))
    return _Authority(issued, key), [issue]


def _plan_leaf(stored: Mapping[str, bytes], wish: Wish, authority: _Authority, now: datetime, days: int) -> list[Issue]:
    """Return what has to be issued for one certificate. A new one gets a new key."""
    certificate, key = _certificate(stored, wish.name), _key(stored, wish.name)
    reason = _reason_to_issue(certificate, key, wish, authority, now)
    if reason is None:
        return []
    if authority.key is None:
        raise RefusedError(
            f"{wish.name}.crt has to be issued ({reason}) but there is no ca.key; put the key of ca.crt beside it, "
            f"or supply {wish.name}.crt and {wish.name}.key yourself and say supplied: true."
        )
    fresh = new_key()
    signer = Signer(authority.certificate, authority.key)
    issued = issue_leaf(fresh, wish.name, wish.names, signer, Term(now, days), client=wish.client)
    return [_issue(wish.name, reason, certificate, issued, {f"{wish.name}.key": key_to_pem(fresh)})]


def _reason_to_issue(
    certificate: x509.Certificate | None,
    key: SigningKey | None,
    wish: Wish,
    authority: _Authority,
    now: datetime,
) -> str | None:
    if certificate is None or key is None:
        return "there is none"
    if not belong_together(certificate, key):
        return "its key is another's"
    if (names_in(certificate), for_clients(certificate)) != (wish.names, wish.client):
        return "its names changed, or what it is for"
    if not signed_by(certificate, authority.certificate):
        return "the authority changed"
    if ageing(certificate, now):
        return "less than a third of its life is left"
    return None


def _judge_supplied(stored: Mapping[str, bytes], wish: Wish, now: datetime) -> None:
    """Refuse a certificate of the operator's that could not serve. Who signed it is the operator's to know."""
    certificate, key = _certificate(stored, wish.name), _key(stored, wish.name)
    if certificate is None or key is None:
        raise RefusedError(
            f"{wish.name}.crt and {wish.name}.key are to be supplied but not there; put both into tls_dir."
        )
    if not belong_together(certificate, key):
        raise RefusedError(f"{wish.name}.key is not the key of {wish.name}.crt; supply the pair that belongs together.")
    _refuse_expired(wish.name, certificate, now)
    covered = names_in(certificate).dns
    missing = [name for name in wish.names.dns if not {name, f"*.{name.partition('.')[2]}"} & set(covered)]
    if missing:
        raise RefusedError(f"{wish.name}.crt does not cover {', '.join(missing)}; supply one that does.")


def _refuse_expired(name: str, certificate: x509.Certificate, now: datetime) -> None:
    if certificate.not_valid_after_utc <= now:
        raise RefusedError(
            f"{name}.crt expired on {certificate.not_valid_after_utc:%Y-%m-%d}; supply one that is valid."
        )


def _certificate(stored: Mapping[str, bytes], name: str) -> x509.Certificate | None:
    """Return the first certificate of a file, which is the one that the key belongs to."""
    return next(iter(_certificates(stored, name)), None)


def _certificates(stored: Mapping[str, bytes], name: str) -> list[x509.Certificate]:
    pem = stored.get(f"{name}.crt")
    if pem is None:
        return []
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise RefusedError(f"{name}.crt holds no certificate in PEM; remove or replace it.") from None


def _key(stored: Mapping[str, bytes], name: str) -> SigningKey | None:
    pem = stored.get(f"{name}.key")
    if pem is None:
        return None
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise RefusedError(f"{name}.key is encrypted; decrypt it, and guard it by its mode (0600).") from None
    except ValueError:
        raise RefusedError(f"{name}.key holds no private key in PEM; remove or replace it.") from None
    if not isinstance(key, SigningKey):
        raise RefusedError(f"{name}.key is neither an ECDSA nor an RSA key; replace it by one.")
    return key


def _issue(
    name: str, reason: str, before: x509.Certificate | None, after: x509.Certificate, files: dict[str, bytes]
) -> Issue:
    return Issue(name, reason, _describe(before), _describe(after), {**files, f"{name}.crt": to_pem(after)})


def _describe(certificate: x509.Certificate | None) -> str:
    """Return the public facts of a certificate for a diff, without its random parts."""
    if certificate is None:
        return "absent\n"
    vouches = (
        names_in(certificate) if names_in(certificate).dns or names_in(certificate).ips else limits_in(certificate)
    )
    return (
        f"names: {vouches}\n"
        f"issuer: {common_name(certificate.issuer)}\n"
        f"valid until: {certificate.not_valid_after_utc:%Y-%m-%d}\n"
    )
