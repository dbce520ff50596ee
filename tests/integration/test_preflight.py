"""Bad input is told in one sentence with its remedy, before anything is changed on any host.

Each test runs playbooks/deploy.yml as an operator would, with something really wrong: a port that another process
holds, a host that does not answer, a cluster that is not ours.
"""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fleet import ROOT, Fleet, PlaybookRun
from tls.plan import Policy, Wish, plan
from tls.x509 import Names

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "/var/tmp/before-preflight"  # noqa: S108  on a stand-in host
DIGEST = "sha256:" + 64 * "0"
TIERS = ("postgres", "backend", "frontend", "edge")


def given(**variables: Any) -> list[str]:  # noqa: ANN401  variables are of any kind
    """Return the arguments that give variables to a playbook."""
    return ["--extra-vars", json.dumps(variables)]


def told(run: PlaybookRun) -> str:
    """Return what was said, without the breaks that Ansible puts into long lines."""
    return re.sub(r"\s+", " ", run.output.replace("\\n", " "))


def on(fleet: Fleet, host: str, command: str) -> str:
    """Run a command on a host from outside: not every host here lets SSH do it."""
    run = ["docker", "exec", f"{fleet.name}-{host}", "sh", "-c", command]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout


@contextmanager
def nothing_changes(fleet: Fleet) -> Iterator[None]:
    """Fail where a host has other containers, or other files below its system's folders, afterwards."""
    hosts = fleet.hosts()
    before = {host: containers(fleet, host) for host in hosts}
    for host in hosts:
        on(fleet, host, f"touch {MARK}")
    yield
    for host in hosts:
        assert on(fleet, host, f"find /etc /usr /opt /srv /var/lib/dpkg -xdev -newer {MARK} -not -type d") == ""
        assert containers(fleet, host) == before[host]


def containers(fleet: Fleet, host: str) -> str:
    """Return the IDs of a host's containers; a bare host has none."""
    return on(fleet, host, "command -v docker >/dev/null && docker ps --all --quiet --no-trunc | sort || true")


def refused(fleet: Fleet, *arguments: str) -> str:
    """Run the deployment, which must stop at preflight; return what it said."""
    with nothing_changes(fleet):
        run = fleet.playbook("deploy", *arguments)
    assert run.status != 0
    assert set(run.changed.values()) <= {0}
    assert "(2/" not in run.output
    return told(run)


@pytest.fixture
def release_file(tmp_path: Path) -> str:
    """Return the file of a release whose images no registry holds."""
    images = {tier: f"jobfolio/{tier}@{DIGEST}" for tier in TIERS}
    path = tmp_path / "release.yml"
    path.write_text(json.dumps({"release": "0.0.0", "schema": {"works_on": ["none"], "older": []}, "images": images}))
    return str(path)


@contextmanager
def cluster(fleet: Fleet, host: str) -> Iterator[dict[str, str]]:
    """Put a cluster of another version, and the record of yet another cluster, on the database host."""
    place = "/var/tmp/foreign"  # noqa: S108  on a stand-in host
    on(
        fleet,
        host,
        f"mkdir -p {place}/data/global {place}/config/postgres; echo 9.6 > {place}/data/PG_VERSION; "
        f"echo 43 > {place}/config/postgres/system_identifier; "
        rf"printf '\052\0\0\0\0\0\0\0' > {place}/data/global/pg_control",
    )
    try:
        yield {"postgres_data_dir": f"{place}/data", "config_dir": f"{place}/config"}
    finally:
        on(fleet, host, f"rm -r {place}")


def test_everything_that_is_wrong_with_a_host_is_told_at_once(fleet: Fleet, release_file: str) -> None:
    wrong: dict[str, Any] = {
        "docker_source": "snap",
        "docker_log_max_file": "many",
        "postgres_port": 22,
        "preflight_memory": 99_999_999,
        "preflight_disk_free": {"/var/lib/docker": 99_999_999},
        "postgres_superuser_password": "CHANGE_ME",
        "postgres_owner_password": "",
        "release_file": release_file,
    }
    with cluster(fleet, fleet.hosts("db")[0]) as foreign:
        said = refused(fleet, *given(**wrong, **foreign))
    for sentence in (
        "value of docker_source must be one of: distribution, docker, got: snap; correct it in group_vars",
        "argument 'docker_log_max_file' is of type str and we were unable to convert to int",
        "MiB of memory, less than 99999999; choose a larger instance",
        "MiB free, less than 99999999; make room or enlarge it",
        "Port 22 is taken by sshd; stop it, or choose another port",
        "Secret postgres_superuser_password is a placeholder; set it in group_vars",
        "Secret postgres_owner_password is empty; set it in group_vars",
        "holds a cluster of PostgreSQL 9.6, but this release runs",
        "holds cluster 42, but this host ran cluster 43; attach the right volume",
    ):
        assert sentence in said


def test_a_registry_that_does_not_answer_is_told(fleet: Fleet, release_file: str) -> None:
    # Over loopback, so that no packet filter answers in its place.
    away = "127.0.0.1:5999"
    said = refused(fleet, *given(release_file=release_file, registry_address=away))
    assert f"Registry {away} cannot be asked for 1 image(s) that this host needs ([Errno 111] Connection" in said
    assert "start it (ansible-playbook playbooks/build.yml), or have it let this host in" in said
    assert "(ansible-playbook playbooks/access.yml --limit build)" in said


def test_a_policy_that_locks_this_controller_out_is_told_with_the_address_that_the_hosts_see(fleet: Fleet) -> None:
    elsewhere = {"operators": ["192.0.2.1/32"], "developers": []}
    said = refused(fleet, *given(access_sources=elsewhere))
    gateway = fleet.address(fleet.hosts("db")[0]).rpartition(".")[0] + ".1"
    for host in fleet.hosts("backend"):
        assert f"{host} sees this controller at {gateway}, which could no longer reach its port 22 (SSH)" in said


def test_whoever_could_not_log_in_any_more_is_told(fleet: Fleet) -> None:
    host = fleet.hosts("backend")[0]
    keys = "/home/admin/.ssh/authorized_keys"
    # A connection of before goes on, as that of a person would who came with a password.
    fleet.ping(host)
    on(fleet, host, f"mv {keys} {keys}.away")
    try:
        said = refused(fleet)
    finally:
        on(fleet, host, f"mv {keys}.away {keys}")
    assert "admin has no public key in ~/.ssh/authorized_keys, and sshd shall refuse passwords; bring yours" in said


@pytest.fixture
def root_let_in(fleet: Fleet) -> Iterator[None]:
    """Have every host let root in with the operator's key, as hosts do that were not hardened yet."""
    ours, keys = "/etc/ssh/sshd_config.d/00-jobfolio.conf", "/root/.ssh/authorized_keys"
    for host in fleet.hosts():
        on(fleet, host, f"mv {ours} {ours}.away; install -D -m 0600 /home/admin/.ssh/authorized_keys {keys}")
        on(fleet, host, "systemctl reload ssh")
    yield
    for host in fleet.hosts():
        on(fleet, host, f"mv {ours}.away {ours}; rm {keys}; systemctl reload ssh")


@pytest.mark.usefixtures("root_let_in")
def test_an_operator_who_comes_as_root_is_told(fleet: Fleet) -> None:
    said = refused(fleet, *given(ansible_user="root"))
    assert "Ansible logs in as root, whom sshd shall refuse; set ansible_user to a user who has sudo" in said


def test_an_sshd_that_would_not_go_by_what_is_written_is_told(fleet: Fleet) -> None:
    with replaced(fleet, fleet.hosts("backend")[0], "/etc/ssh/sshd_config", "PasswordAuthentication yes"):
        said = refused(fleet)
    assert "/etc/ssh/sshd_config does not begin with 'Include /etc/ssh/sshd_config.d/*.conf'" in said


def test_a_policy_that_cannot_be_meant_is_told_rule_by_rule(fleet: Fleet) -> None:
    people = {"operators": ["203.0.113.10/24"], "developers": ["0.0.0.0/0"]}
    said = refused(fleet, *given(access_sources=people))
    assert "access_sources, operators[0]: '203.0.113.10/24' is not a network: it has host bits set" in said
    assert "access_policy, rule postgres, from: 0.0.0.0/0 opens the database (port 5432) to the internet" in said


class Registry(BaseHTTPRequestHandler):
    """Holds PostgreSQL's image and no other."""

    def do_HEAD(self) -> None:
        self.send_response(HTTPStatus.OK if "/postgres/" in self.path else HTTPStatus.NOT_FOUND)
        self.end_headers()


@contextmanager
def registry(address: str, tls: Path) -> Iterator[str]:
    """Run a registry on the controller, with a certificate by an authority of its own in `tls`; yield its address."""
    policy = Policy("CA of the test", [], [], authority_days=1, days=1)
    wish = Wish("registry", Names.of([], [address]))
    for issue in plan({}, [wish], policy, datetime.now(tz=UTC)):
        for name, content in issue.files.items():
            (tls / name).write_bytes(content)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tls / "registry.crt", tls / "registry.key")
    with ThreadingHTTPServer((address, 0), Registry) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{address}:{server.server_port}"
        server.shutdown()


def test_an_image_that_the_registry_lacks_is_told_and_one_that_it_holds_is_not(
    fleet: Fleet, tmp_path: Path, release_file: str
) -> None:
    controller = re.sub(r"\d+$", "1", fleet.address(fleet.hosts("db")[0]))
    with registry(controller, tmp_path) as address:
        said = refused(fleet, *given(release_file=release_file, registry_address=address, tls_dir=str(tmp_path)))
    for tier in ("backend", "frontend", "edge"):
        assert f"The registry does not hold {address}/jobfolio/{tier}@{DIGEST}; build and push it" in said
    assert f"{address}/jobfolio/postgres" not in said


@contextmanager
def replaced(fleet: Fleet, host: str, path: str, text: str) -> Iterator[None]:
    """Have a host's file say something else for a while."""
    fake = f"{MARK}{path.replace('/', '-')}"
    on(fleet, host, f"echo '{text}' > {fake} && mount --bind {fake} {path}")
    try:
        yield
    finally:
        on(fleet, host, f"umount {path} && rm {fake}")


@contextmanager
def late_python(fleet: Fleet, host: str) -> Iterator[str]:
    """Yield a Python that reads the clock ten minutes late: stand-in hosts share one clock, which is right."""
    place = "/var/tmp/late"  # noqa: S108  on a stand-in host
    late = "import time; now = time.time; time.time = lambda: now() - 600"
    python = f'#!/bin/sh\nPYTHONPATH={place} exec python3 "$@"'
    on(fleet, host, f"mkdir -p {place} && echo '{late}' > {place}/sitecustomize.py")
    on(fleet, host, f"echo '{python}' > {place}/python && chmod 755 {place}/python")
    try:
        yield f"{place}/python"
    finally:
        on(fleet, host, f"rm -r {place}")


def test_another_init_distribution_or_clock_is_told(fleet: Fleet, tmp_path: Path, release_file: str) -> None:
    host = fleet.hosts("backend")[-1]
    overlay = tmp_path / "overlay.yml"
    with (
        late_python(fleet, host) as python,
        replaced(fleet, host, "/proc/1/comm", "runit"),
        replaced(fleet, host, "/etc/os-release", 'ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 LTS"'),
    ):
        overlay.write_text(json.dumps({"all": {"hosts": {host: {"ansible_python_interpreter": python}}}}))
        said = refused(fleet, "--inventory", str(overlay), *given(release_file=release_file))
    assert "Its init is runit, not systemd; use an image that boots with systemd." in said
    assert "It runs Ubuntu 24.04 LTS, which is not supported; install one of: debian 12, debian 13." in said
    assert re.search(r"Its clock is (59|60)\d seconds behind the controller's, more than 60; have both keep time", said)


def test_a_host_that_cannot_be_reached_is_named_with_what_to_type(
    fleet: Fleet, tmp_path: Path, release_file: str
) -> None:
    host = fleet.hosts("backend")[-1]
    away = re.sub(r"\d+$", "250", fleet.address(host))
    overlay = tmp_path / "overlay.yml"
    overlay.write_text(json.dumps({"all": {"hosts": {host: {"ansible_host": away}}}}))
    said = refused(fleet, "--inventory", str(overlay), *given(release_file=release_file))
    assert f"{host} cannot be reached: ssh: connect to host {away} port 22:" in said
    assert f"admin@{away}" in said.partition("Try it by hand: ssh ")[2]


def test_a_user_who_may_not_become_root_is_told(fleet: Fleet, release_file: str) -> None:
    said = refused(fleet, *given(release_file=release_file, ansible_become=False))
    assert re.search(r"Tasks run as uid \d+ and may not .* anything; set ansible_become: true", said)


@pytest.mark.parametrize(
    ("databases", "sentence"),
    [
        ([], "The inventory has no host in group db; add the one that shall run PostgreSQL."),
        (["db1", "db2"], "Group db has 2 hosts (db1, db2) but one database is run; leave one of them."),
    ],
)
def test_an_inventory_without_one_database_is_told(tmp_path: Path, databases: list[str], sentence: str) -> None:
    hosts = {"backend": ["backend1"], "frontend": ["edge1"], "edge": ["edge1"], "build": ["build1"], "db": databases}
    tiers = {tier: {"hosts": {name: {"fleet_address": 99} for name in names}} for tier, names in hosts.items()}
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps({"all": {"children": {"local": {"children": tiers}}}}))
    (tmp_path / "group_vars").symlink_to(ROOT / "group_vars")
    run = Fleet(inventory=path).playbook("deploy", *given(repository_dir=str(ROOT)))
    assert run.status != 0
    assert sentence in told(run)
    assert set(run.changed.values()) <= {0}


def test_backends_that_postgresql_has_too_few_connections_for_are_told(fleet: Fleet) -> None:
    said = refused(fleet, *given(postgres_max_connections=36))
    assert "The backends may open 46 connections to PostgreSQL while a release runs beside its successor" in said
    assert "and it takes 36; raise postgres_max_connections, or lower backend_workers or backend_threads." in said


@pytest.mark.parametrize("weight", [0, 10001])
def test_a_weight_that_systemd_does_not_know_is_told(fleet: Fleet, weight: int) -> None:
    said = refused(fleet, *given(docker_cpu_weight=weight))
    assert f"docker_cpu_weight is {weight} for db1, and systemd takes whole numbers from 1 to 10000;" in said


def test_a_release_that_was_not_built_is_told(fleet: Fleet) -> None:
    said = refused(fleet, *given(release="9.9.9"))
    assert "Release 9.9.9 has no file" in said
    assert "build it (ansible-playbook playbooks/build.yml), or name another with -e release=VERSION" in said


def test_a_missing_vault_password_is_told(fleet: Fleet, tmp_path: Path, release_file: str) -> None:
    password = tmp_path / "password"
    password.write_text("only for this test")
    command = ["ansible-vault", "encrypt_string", "--vault-password-file", str(password), "a-secret-of-the-test"]
    secret = subprocess.run([*command, "--name", "backend_secret_key"], check=True, capture_output=True, text=True)
    variables = tmp_path / "vault.yml"
    variables.write_text(secret.stdout)
    said = refused(fleet, *given(release_file=release_file), "--extra-vars", f"@{variables}")
    assert "backend_secret_key cannot be decrypted; give --vault-password-file or --ask-vault-pass." in said
