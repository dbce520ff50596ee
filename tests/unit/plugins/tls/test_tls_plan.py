"""When certificates are issued, when they are left alone, and what OpenSSL makes of them."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tls.plan import Issue, Policy, RefusedError, Wish, plan
from tls.x509 import Limits, Names, Signer, SigningKey, Term, issue_leaf, key_to_pem, new_key, to_pem

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = Policy("Jobfolio CA", ["jobfolio.test"], ["10.0.0.0/8"], authority_days=3650, days=365)
EDGE = Wish("edge", Names.of(["jobfolio.test"], ["10.0.0.14"]))
REGISTRY = Wish("registry", Names.of([], ["10.0.0.15"]))
WISHES = [REGISTRY, EDGE]


def reasons(issues: list[Issue]) -> dict[str, str]:
    return {issue.name: issue.reason for issue in issues}


def files(issues: list[Issue]) -> dict[str, bytes]:
    return {name: content for issue in issues for name, content in issue.files.items()}


@pytest.fixture
def stored() -> dict[str, bytes]:
    return files(plan({}, WISHES, POLICY, NOW))


def test_an_empty_directory_gets_an_authority_and_every_certificate(stored: dict[str, bytes]) -> None:
    assert sorted(stored) == ["ca.crt", "ca.key", "edge.crt", "edge.key", "registry.crt", "registry.key"]


def test_nothing_is_issued_twice(stored: dict[str, bytes]) -> None:
    assert plan(stored, list(reversed(WISHES)), POLICY, NOW + timedelta(days=200)) == []


def test_a_certificate_is_issued_again_in_the_last_third_of_its_life(stored: dict[str, bytes]) -> None:
    issues = plan(stored, WISHES, POLICY, NOW + timedelta(days=244))
    assert reasons(issues) == dict.fromkeys(("registry", "edge"), "less than a third of its life is left")
    assert files(issues)["edge.key"] != stored["edge.key"]


def test_only_the_certificate_whose_names_changed_is_issued_again(stored: dict[str, bytes]) -> None:
    wider = Wish("edge", Names.of(["jobfolio.test"], ["10.0.0.14", "10.0.0.24"]))
    issues = plan(stored, [REGISTRY, wider], POLICY, NOW)
    assert reasons(issues) == {"edge": "its names changed, or what it is for"}
    assert "10.0.0.24" not in issues[0].before
    assert "IP:10.0.0.24" in issues[0].after


def test_every_certificate_is_issued_again_under_another_authority(stored: dict[str, bytes]) -> None:
    other = files(plan({}, [], POLICY, NOW))
    assert reasons(plan(stored | other, WISHES, POLICY, NOW)) == dict.fromkeys(
        ("registry", "edge"), "the authority changed"
    )


def test_an_ageing_authority_keeps_its_key_and_what_it_signed_stays_valid(stored: dict[str, bytes]) -> None:
    later = NOW + timedelta(days=2440)
    fresh = stored | files(plan(stored, WISHES, POLICY, later - timedelta(days=40)))
    issues = plan(fresh, WISHES, POLICY, later)
    assert reasons(issues) == {"ca": "less than a third of its life is left"}
    assert list(issues[0].files) == ["ca.crt"]


def test_an_authority_gets_its_certificate_back_from_its_key(stored: dict[str, bytes]) -> None:
    del stored["ca.crt"]
    assert reasons(plan(stored, WISHES, POLICY, NOW)) == {"ca": "its certificate is missing"}


def test_a_name_outside_the_limits_widens_them_for_the_same_key(stored: dict[str, bytes]) -> None:
    public = Wish("edge", Names.of(["jobfolio.example"], ["192.0.2.1"]))
    issues = plan(stored, [REGISTRY, public], POLICY, NOW)
    assert reasons(issues) == {"ca": "what it may vouch for changed", "edge": "its names changed, or what it is for"}
    assert "192.0.2.1/32" in issues[0].after
    assert "ca.key" not in files(issues)


def test_a_key_that_is_not_the_authoritys_is_refused(stored: dict[str, bytes]) -> None:
    stored["ca.key"] = key_to_pem(new_key())
    with pytest.raises(RefusedError, match=r"not the key of ca\.crt"):
        plan(stored, WISHES, POLICY, NOW)


def test_an_operators_authority_is_used_as_it_is(stored: dict[str, bytes]) -> None:
    other = Policy("Our own CA", [], [], authority_days=10, days=365)
    assert plan(stored, WISHES, other, NOW) == []


def test_without_the_authoritys_key_nothing_can_be_issued(stored: dict[str, bytes]) -> None:
    del stored["ca.key"], stored["edge.crt"]
    with pytest.raises(RefusedError, match=r"put the key of ca\.crt beside it"):
        plan(stored, WISHES, POLICY, NOW)


def test_a_supplied_certificate_is_judged_and_never_written(stored: dict[str, bytes]) -> None:
    supplied = Wish("edge", Names.of(["jobfolio.test"], []), supplied=True)
    assert plan(stored, [REGISTRY, supplied], POLICY, NOW) == []
    for wish, when, match in (
        (Wish("edge", Names.of(["other.test"], []), supplied=True), NOW, "does not cover other.test"),
        (supplied, NOW + timedelta(days=366), "expired on 2027-06-01"),
        (Wish("none", Names.of([], []), supplied=True), NOW, "to be supplied but not there"),
    ):
        with pytest.raises(RefusedError, match=match):
            plan(stored, [wish], POLICY, when)


@pytest.mark.parametrize(("name", "match"), [("ca.key", "no private key"), ("edge.crt", "no certificate")])
def test_a_broken_file_is_named(stored: dict[str, bytes], name: str, match: str) -> None:
    stored[name] = b"broken"
    with pytest.raises(RefusedError, match=f"{name} holds {match}"):
        plan(stored, WISHES, POLICY, NOW)


def test_limits_are_widened_only_by_what_lies_outside() -> None:
    limits = Limits.covering(
        ["jobfolio.test"], ["10.0.0.0/8"], [Names.of(["api.jobfolio.test", "x.test"], ["10.1.1.1"])]
    )
    assert str(limits) == "jobfolio.test, x.test, 10.0.0.0/8"


def openssl_verify(directory: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        "openssl",
        "verify",
        "-x509_strict",
        "-CAfile",
        f"{directory}/ca.crt",
        *options,
        f"{directory}/{name}.crt",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_openssl_trusts_what_the_authority_vouches_for_and_nothing_beyond(tmp_path: Path) -> None:
    stored = files(plan({}, WISHES, POLICY, datetime.now(tz=UTC)))
    authority = x509.load_pem_x509_certificate(stored["ca.crt"])
    rogue = Names.of(["bank.example"], [])
    key = load_pem_private_key(stored["ca.key"], None)
    assert isinstance(key, SigningKey)
    beyond = issue_leaf(new_key(), "rogue", rogue, Signer(authority, key), Term(datetime.now(tz=UTC), 365))
    for name, content in {**stored, "rogue.crt": to_pem(beyond)}.items():
        (tmp_path / name).write_bytes(content)
    assert openssl_verify(tmp_path, "edge", "-verify_hostname", "jobfolio.test").returncode == 0
    assert openssl_verify(tmp_path, "registry", "-verify_ip", "10.0.0.15").returncode == 0
    assert openssl_verify(tmp_path, "registry", "-verify_ip", "10.0.0.16").returncode != 0
    assert "permitted subtree violation" in openssl_verify(tmp_path, "rogue").stderr
