"""Makes and judges certificates (RFC 5280). ECDSA on P-256 throughout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

# Room for a host whose clock is a little behind the controller's.
BACKDATED = timedelta(hours=1)

Network = IPv4Network | IPv6Network
# Ours are ECDSA; an operator's authority may have RSA.
SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Term:
    """When a certificate is issued, and for how many days."""

    now: datetime
    days: int

    @property
    def end(self) -> datetime:
        """Return the last moment of the term."""
        return self.now + timedelta(days=self.days)


@dataclass(frozen=True)
class Names:
    """What a certificate vouches for, in a fixed order, so that equal sets are equal."""

    dns: tuple[str, ...]
    ips: tuple[IPv4Address | IPv6Address, ...]

    @classmethod
    def of(cls, dns: Sequence[str], ips: Sequence[str]) -> Names:
        """Return the names without repetition. Raises ValueError where an address is none."""
        addresses = sorted({ip_address(text) for text in ips}, key=lambda ip: (ip.version, int(ip)))
        return cls(tuple(sorted({name.lower() for name in dns})), tuple(addresses))

    def __str__(self) -> str:
        """Return the names as openssl prints them."""
        return ", ".join([f"DNS:{name}" for name in self.dns] + [f"IP:{ip}" for ip in self.ips])


@dataclass(frozen=True)
class Limits:
    """What an authority may vouch for at all: these domains with all below them, and these networks."""

    domains: tuple[str, ...]
    networks: tuple[Network, ...]

    @classmethod
    def covering(cls, domains: Sequence[str], networks: Sequence[str], names: Sequence[Names]) -> Limits:
        """Return the given limits, widened by exactly those names that lie outside them."""
        allowed = {domain.lower() for domain in domains}
        nets = {ip_network(text) for text in networks}
        strangers = {
            name.removeprefix("*.")
            for listed in names
            for name in listed.dns
            if not any(name == domain or name.endswith(f".{domain}") for domain in allowed)
        }
        lone = {
            ip_network(address) for listed in names for address in listed.ips if not any(address in net for net in nets)
        }
        ordered = sorted(nets | lone, key=lambda net: (net.version, int(net.network_address), net.prefixlen))
        return cls(tuple(sorted(allowed | strangers)), tuple(ordered))

    def __str__(self) -> str:
        """Return the limits for people."""
        return ", ".join([*self.domains, *map(str, self.networks)])


@dataclass(frozen=True)
class Signer:
    """An authority that can sign."""

    certificate: x509.Certificate
    key: SigningKey


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new private key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_to_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key in PKCS #8, unencrypted: it is guarded by its file's mode."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def to_pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate in PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def common_name(subject: x509.Name) -> str:
    """Return the common name, nothing where there is none."""
    return next((str(item.value) for item in subject.get_attributes_for_oid(NameOID.COMMON_NAME)), "")


def names_in(certificate: x509.Certificate) -> Names:
    """Return what the certificate vouches for."""
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Names((), ())
    ips = [str(address) for address in alternatives.get_values_for_type(x509.IPAddress)]
    return Names.of(alternatives.get_values_for_type(x509.DNSName), ips)


def limits_in(certificate: x509.Certificate) -> Limits:
    """Return the name constraints of an authority, empty where it has none."""
    try:
        permitted = certificate.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
    except x509.ExtensionNotFound:
        return Limits((), ())
    domains = [item.value for item in permitted or () if isinstance(item, x509.DNSName)]
    networks = [item.value for item in permitted or () if isinstance(item, x509.IPAddress)]
    return Limits(tuple(domains), tuple(net for net in networks if isinstance(net, IPv4Network | IPv6Network)))


def issue_authority(key: SigningKey, name: str, limits: Limits, term: Term) -> x509.Certificate:
    """Return a self-signed authority that may sign leaves only, and those only within its limits."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    permitted = [x509.DNSName(domain) for domain in limits.domains] + [x509.IPAddress(net) for net in limits.networks]
    builder = _builder(subject, subject, key, term.now, term.end)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    if permitted:
        builder = builder.add_extension(x509.NameConstraints(permitted, None), critical=True)
    return builder.sign(key, hashes.SHA256())


def issue_leaf(
    key: ec.EllipticCurvePrivateKey, name: str, names: Names, signer: Signer, term: Term, *, client: bool = False
) -> x509.Certificate:
    """Return a server's certificate, or with `client` that of one who is a client too. It never outlives its issuer.

    The common name contains a blank: OpenSSL holds one that could be a host name against the name constraints.
    """
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} certificate")])
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH] + [ExtendedKeyUsageOID.CLIENT_AUTH] * client
    end = min(term.end, signer.certificate.not_valid_after_utc)
    alternatives = [x509.DNSName(dns) for dns in names.dns] + [x509.IPAddress(ip) for ip in names.ips]
    builder = _builder(subject, signer.certificate.subject, key, term.now, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    return builder.add_extension(authority, critical=False).sign(signer.key, hashes.SHA256())


def for_clients(certificate: x509.Certificate) -> bool:
    """Return whether the certificate's holder may show it as a client."""
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.CLIENT_AUTH in purposes


def ageing(certificate: x509.Certificate, now: datetime) -> bool:
    """Return whether less than a third of the certificate's life is left."""
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return certificate.not_valid_after_utc - now < life / 3


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether the issuer's key signed the certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def belong_together(certificate: x509.Certificate, key: SigningKey) -> bool:
    """Return whether the certificate is that of the key."""
    return certificate.public_key() == key.public_key()


def _builder(
    subject: x509.Name, issuer: x509.Name, key: SigningKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
