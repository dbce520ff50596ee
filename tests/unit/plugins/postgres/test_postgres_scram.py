"""Verifiers are those that PostgreSQL computes."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from postgres.scram import PasswordError, fresh_verifier, matches, verifier


def test_verifier_authenticates_the_exchange_of_rfc_7677() -> None:
    # RFC 7677, section 3: user "user", password "pencil".
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    _, counted, keys = verifier("pencil", salt, 4096).split("$")
    stored, server = (base64.b64decode(key) for key in keys.split(":"))
    message = (
        b"n=user,r=rOprNGfwEbeRWgbNEkqO,"
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    )
    proof = base64.b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    signature = hmac.digest(stored, message, "sha256")
    client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))

    assert counted == "4096:W22ZaJ0SNY7soEsUEjb6gQ=="
    assert hashlib.sha256(client_key).digest() == stored
    assert base64.b64encode(hmac.digest(server, message, "sha256")) == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_stored_verifier_is_recognised_with_its_own_salt() -> None:
    stored = fresh_verifier("correct horse")
    assert matches("correct horse", stored)
    assert not matches("correct horsf", stored)


def test_two_verifiers_of_one_password_differ() -> None:
    assert fresh_verifier("correct horse") != fresh_verifier("correct horse")


@pytest.mark.parametrize("stored", [None, "", "md5bc1fcdeb1a9bc62b0b9a1e0ae0d1d7b9", "SCRAM-SHA-256$4096:AAAA$broken"])
def test_another_kind_of_hash_or_none_is_never_a_match(stored: str | None) -> None:
    assert not matches("pencil", stored)


@pytest.mark.parametrize("password", ["", "pässword", "tab\tulator", "line\n"])
def test_password_that_client_and_server_might_prepare_differently_is_refused_without_quoting_it(password: str) -> None:
    with pytest.raises(PasswordError) as refused:
        fresh_verifier(password)
    assert not password or password not in str(refused.value)
