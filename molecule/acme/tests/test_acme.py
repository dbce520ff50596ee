"""The edge's certificate by ACME: the challenge over port 80, the swap in the running HAProxy, what failures leave."""

from __future__ import annotations

import contextlib
import http.client
import json
import shlex
import ssl
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fleet import Fleet, PlaybookRun, variables
from load import Connection, Load, Request
from tls.jwk import thumbprint
from tls.x509 import Names, Signer, Term, common_name, issue_leaf, key_to_pem, new_key, to_pem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EDGE, BUILD, NAME = "edge1", "build1", "jobfolio.test"
SERVED = "/etc/jobfolio/edge/tls/edge.pem"
CHALLENGES = "/.well-known/acme-challenge/"
# What Pebble and its resolver are asked; hosts have no curl.
FETCH = (
    "import sys, ssl, urllib.request as r; data = sys.argv[2].encode() if sys.argv[2:] else None; "
    "print(r.urlopen(sys.argv[1], data, context=ssl._create_unverified_context()).read().decode())"
)


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet()


@pytest.fixture(scope="module", autouse=True)
def pages(fleet: Fleet) -> None:
    """Something behind the edge that answers."""
    fleet.run(
        EDGE,
        "systemctl is-active pages || { mkdir -p /srv/pages && touch /srv/pages/healthz && "
        "systemd-run --unit=pages python3 -m http.server --directory /srv/pages 8081; }",
    )
    fleet.run(EDGE, "docker exec edge timeout 60 bash -c 'until echo show stat | socat - /run/haproxy/runtime.sock"
              " | grep be_frontend,BACKEND | grep -q ,UP,; do sleep 0.2; done'")  # fmt: skip


@pytest.fixture
def aged(fleet: Fleet) -> Iterator[None]:
    """Less than a third of its life is left of the certificate that is kept."""
    now = datetime.now(tz=UTC)
    ca = Signer(
        x509.load_pem_x509_certificate((fleet.state / "tls" / "ca.crt").read_bytes()),
        load_pem_private_key((fleet.state / "tls" / "ca.key").read_bytes(), None),  # type: ignore[arg-type]
    )
    key = new_key()
    old = issue_leaf(key, NAME, Names.of([NAME], []), ca, Term(now - timedelta(days=61), 90))
    pem = to_pem(old) + key_to_pem(key)
    fleet.run(EDGE, f"cat >{kept(fleet)} <<'END'\n{pem.decode()}END")
    yield
    fleet.run(EDGE, "systemctl start edge-acme")


def kept(fleet: Fleet) -> str:
    """The one file that chain and key are kept in."""
    (path,) = fleet.run(EDGE, "ls /var/lib/jobfolio/acme/*.pem").split()
    return path


def fetch(fleet: Fleet, *arguments: str) -> str:
    """Ask something on the build host."""
    return fleet.run(BUILD, shlex.join(["python3", "-c", FETCH, *arguments]))


@pytest.fixture
def root(fleet: Fleet, tmp_path: Path) -> str:
    """File with the certificate of Pebble's root, which is another each time it starts."""
    path = tmp_path / "root.pem"
    path.write_text(fetch(fleet, "https://127.0.0.1:15000/roots/0"))
    return str(path)


def converge(fleet: Fleet, *arguments: str) -> PlaybookRun:
    return fleet.playbook("../molecule/acme/converge", "--limit", "edge,build", *arguments)


def leaf(fleet: Fleet) -> x509.Certificate:
    """The certificate that port 443 serves now."""
    pem = ssl.get_server_certificate((fleet.address(EDGE), 443))
    return x509.load_pem_x509_certificate(pem.encode())


def status(fleet: Fleet, ca: str) -> int:
    connection = Connection(fleet.address(EDGE), NAME, ssl.create_default_context(cafile=ca))
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def ask(fleet: Fleet, path: str) -> tuple[int, str, str]:
    """What port 80 answers: status, content type and body."""
    connection = http.client.HTTPConnection(fleet.address(EDGE), timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, str(answer.headers["Content-Type"]), answer.read().decode()
    connection.close()
    return found


def test_a_certificate_from_the_acme_server_serves_and_verifies_against_its_root(fleet: Fleet, root: str) -> None:
    assert status(fleet, root) == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        status(fleet, str(fleet.state / "tls" / "ca.crt"))


def test_whoever_asks_for_a_token_gets_the_proof_for_this_account_alone(fleet: Fleet) -> None:
    proof = thumbprint((fleet.state / "tls" / "acme.key").read_text())
    assert ask(fleet, f"{CHALLENGES}aB3_-x") == (200, "text/plain", f"aB3_-x.{proof}")
    for path in ("", "a/b", "a.b", "%0d%0aSet-Cookie:a", "<script>", "../../etc/passwd", "a?b=c/<script>"):
        answer = ask(fleet, CHALLENGES + path)
        assert answer[0] == 308 or answer[2] == f"a.{proof}", answer


def test_the_key_was_made_on_the_host_and_only_root_and_haproxy_read_it(fleet: Fleet) -> None:
    assert fleet.run(EDGE, f"stat -c '%a %u' {SERVED} {kept(fleet)}").split("\n")[:2] == ["400 10003", "400 0"]
    assert fleet.run(EDGE, f"cmp {SERVED} {kept(fleet)}") == ""
    on_the_host = load_pem_private_key(fleet.run(EDGE, f"cat {SERVED}").encode(), None)
    assert on_the_host.public_key() == leaf(fleet).public_key()
    for path in fleet.state.rglob("*.key"):
        assert load_pem_private_key(path.read_bytes(), None).public_key() != leaf(fleet).public_key(), path


def test_a_certificate_that_is_not_due_is_left_alone(fleet: Fleet) -> None:
    before = leaf(fleet)
    fleet.run(EDGE, "systemctl start edge-acme")
    assert leaf(fleet) == before


@pytest.mark.usefixtures("aged")
def test_a_renewal_by_the_timer_s_unit_loses_no_request_and_keeps_the_container(fleet: Fleet, root: str) -> None:
    assert fleet.run(EDGE, "systemctl is-enabled edge-acme.timer").strip() == "enabled"
    timer = fleet.run(EDGE, "systemctl show edge-acme.timer --property=ActiveState,Unit").split()
    assert sorted(timer) == ["ActiveState=active", "Unit=edge-acme.service"]
    before, container = leaf(fleet), fleet.containers(EDGE)

    with Load(fleet.address(EDGE), [Request()], name=NAME, ca=root, rate=50) as running:
        fleet.run(EDGE, "systemctl start edge-acme")
        assert leaf(fleet).serial_number != before.serial_number
        assert status(fleet, root) == 200
    print(f"\n{running.report}")

    assert running.report.sent > 0
    assert running.report.lost == 0, running.report
    assert fleet.containers(EDGE) == container


def test_a_restart_of_the_edge_loses_some_of_the_same_requests(fleet: Fleet, root: str) -> None:
    with Load(fleet.address(EDGE), [Request()], name=NAME, ca=root, rate=50) as running:
        fleet.run(EDGE, "docker restart edge")
    print(f"\n{running.report}")
    assert running.report.lost > 0
    # Docker returns before HAProxy listens; what Docker takes for it meanwhile ends within TLS.
    for _ in range(60):
        with contextlib.suppress(OSError):
            assert status(fleet, root) in {200, 503}
            return
        time.sleep(1)
    raise AssertionError("the edge did not come back")


def test_check_mode_tells_that_a_certificate_would_come_and_orders_none(fleet: Fleet) -> None:
    before = leaf(fleet)
    fleet.run(EDGE, f"rm {kept(fleet)}")
    look = converge(fleet, "--check", "--diff")
    assert (look.status, look.changed[EDGE]) == (0, 1), look.output
    assert leaf(fleet) == before

    run = converge(fleet)
    assert (run.status, run.changed[EDGE]) == (0, 1), run.output
    assert leaf(fleet) != before


@pytest.mark.usefixtures("aged")
def test_a_name_that_leads_elsewhere_gets_none(fleet: Fleet) -> None:
    before = leaf(fleet)
    # A Pebble that was just started knows of no earlier proof, which it would now and then take for this order.
    fleet.run(BUILD, "systemctl restart pebble")
    fleet.run(BUILD, "timeout 60 bash -c 'until : </dev/tcp/127.0.0.1/14000; do sleep 0.2; done' 2>/dev/null")
    fetch(fleet, "http://127.0.0.1:8055/add-a", json.dumps({"host": f"{NAME}.", "addresses": ["127.0.0.1"]}))
    try:
        failed = fleet.on(EDGE).run("systemctl start edge-acme")
        assert failed.rc != 0
        said = fleet.run(EDGE, "journalctl --unit edge-acme --lines 20 --output cat")
        assert "No certificate for jobfolio.test" in said
        assert "acme:error:connection" in said
        assert leaf(fleet) == before
    finally:
        fetch(fleet, "http://127.0.0.1:8055/clear-a", json.dumps({"host": f"{NAME}."}))


@pytest.mark.usefixtures("aged")
def test_a_server_that_does_not_answer_leaves_the_former_one_serving_and_the_run_says_what_to_do(fleet: Fleet) -> None:
    before = leaf(fleet)
    fleet.run(BUILD, "systemctl stop pebble")
    try:
        assert fleet.on(EDGE).run("systemctl start edge-acme").rc != 0
        assert fleet.run(EDGE, "systemctl show edge-acme --property=Result").strip() == "Result=exit-code"
        assert leaf(fleet) == before

        fleet.run(EDGE, f"mv {kept(fleet)} /var/lib/jobfolio/acme/elsewhere")
        run = converge(fleet)
        assert run.status != 0
        assert "No certificate for jobfolio.test" in run.words
        assert "connection refused" in run.words
        assert "then run deploy.yml or, here, systemctl start edge-acme." in run.words
        assert leaf(fleet) == before
    finally:
        fleet.run(BUILD, "systemctl start pebble")
        fleet.run(EDGE, "rm --force /var/lib/jobfolio/acme/elsewhere")
        # Until Pebble answers.
        fleet.run(EDGE, "timeout 60 sh -c 'until systemctl start edge-acme; do sleep 1; done'")


def test_a_directory_without_an_address_for_the_account_is_refused_before_anything_is_changed(fleet: Fleet) -> None:
    run = converge(fleet, *variables(edge_acme_email=""))
    assert run.status != 0
    assert "edge_acme_email is needed" in run.words
    assert set(run.changed.values()) == {0}


def test_without_a_directory_the_project_s_own_ca_serves_and_nothing_is_left(fleet: Fleet) -> None:
    run = converge(fleet, *variables(edge_acme_directory=""))
    assert run.status == 0, run.output
    assert common_name(leaf(fleet).issuer) == "Jobfolio CA"
    assert ask(fleet, f"{CHALLENGES}token")[0] == 308
    assert fleet.on(EDGE).run("systemctl is-active edge-acme.timer").rc != 0
    assert fleet.run(EDGE, "find /var/lib/jobfolio /etc/jobfolio /etc/systemd/system -name '*acme*'") == ""
    assert converge(fleet, *variables(edge_acme_directory="")).changed[EDGE] == 0

    assert converge(fleet).status == 0
    assert "Pebble" in leaf(fleet).issuer.rfc4514_string()
    assert converge(fleet).changed[EDGE] == 0
