"""What HAProxy answers challenges with is what RFC 7638 says."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tls.jwk import thumbprint

# The key of RFC 7515, A.3. Its public half is a JWK there.
EXAMPLE = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def test_the_thumbprint_of_a_key_is_that_of_the_rfc() -> None:
    number = int.from_bytes(base64.urlsafe_b64decode(EXAMPLE + "="))
    # Of {"crv":"P-256","kty":"EC","x":"f83OJ3D2…","y":"x_FEzRu9…"}, by openssl.
    assert (
        thumbprint(pem(ec.derive_private_key(number, ec.SECP256R1()))) == "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"
    )


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)])
def test_another_kind_of_key_is_refused(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    with pytest.raises(ValueError, match="has to be ECDSA on P-256"):
        thumbprint(pem(key))
