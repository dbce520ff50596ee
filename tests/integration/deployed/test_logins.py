"""Who gets into a host, and what stays written of what he did there."""

from __future__ import annotations

import subprocess
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet import Fleet

ROOT_KEYS = "/root/.ssh/authorized_keys"
# Debian's own configuration, without what the role adds to it; on loopback, past the packet filter.
PLAIN = "/run/plain-sshd"
PLAIN_PORT = 2222


def ssh(fleet: Fleet, host: str, user: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Log in with the operator's key, unless the options say otherwise, and do nothing."""
    command = ["ssh", "-o", "BatchMode=yes", "-o", "ControlPath=none", *_key(fleet), *options]
    return subprocess.run([*command, f"{user}@{host}", "true"], capture_output=True, text=True, check=False, timeout=60)


def _key(fleet: Fleet) -> list[str]:
    known = f"UserKnownHostsFile={fleet.state}/ssh/known_hosts"
    return ["-i", str(fleet.state / "ssh" / "id_ed25519"), "-o", "IdentitiesOnly=yes", "-o", known]


def through(fleet: Fleet, host: str) -> list[str]:
    """Options that lead to the plain sshd of a host."""
    jump = " ".join(["ssh", *_key(fleet), "-W", f"127.0.0.1:{PLAIN_PORT}", f"admin@{fleet.address(host)}"])
    return ["-o", f"ProxyCommand={jump}", "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no"]


@contextmanager
def plain_sshd(fleet: Fleet, host: str) -> Iterator[None]:
    """Run a second sshd on a host, as Debian has it."""
    fleet.run(
        host,
        f"grep -v ^Include /etc/ssh/sshd_config > {PLAIN} && /usr/sbin/sshd -f {PLAIN} -p {PLAIN_PORT} "
        f"-o ListenAddress=127.0.0.1 -o PidFile={PLAIN}.pid",
    )
    try:
        yield
    finally:
        fleet.run(host, f"kill $(cat {PLAIN}.pid) && rm {PLAIN}")


@pytest.fixture
def root_has_the_operators_key(fleet: Fleet) -> Iterator[None]:
    for host in fleet.hosts():
        fleet.run(host, f"install -D -m 0600 ~admin/.ssh/authorized_keys {ROOT_KEYS}")
    yield
    for host in fleet.hosts():
        fleet.run(host, f"rm {ROOT_KEYS}")


def test_a_key_gets_in_and_a_password_is_not_even_asked_for(fleet: Fleet) -> None:
    for host in fleet.hosts():
        assert ssh(fleet, fleet.address(host), "admin").returncode == 0
        for method in ("password", "keyboard-interactive"):
            refused = ssh(fleet, fleet.address(host), "admin", "-o", f"PreferredAuthentications={method}")
            assert "Permission denied (publickey)." in refused.stderr, (host, method)


@pytest.mark.usefixtures("root_has_the_operators_key")
def test_root_does_not_get_in_even_with_the_operators_key(fleet: Fleet) -> None:
    for host in fleet.hosts():
        refused = ssh(fleet, fleet.address(host), "root")
        assert "Permission denied (publickey)." in refused.stderr, host


@pytest.mark.usefixtures("root_has_the_operators_key")
def test_an_sshd_as_debian_has_it_asks_for_a_password_and_lets_root_in(fleet: Fleet) -> None:
    host = fleet.hosts()[0]
    with plain_sshd(fleet, host):
        asked = ssh(fleet, "127.0.0.1", "admin", *through(fleet, host), "-o", "PreferredAuthentications=password")
        assert "Permission denied (publickey,password)." in asked.stderr
        assert ssh(fleet, "127.0.0.1", "root", *through(fleet, host)).returncode == 0


def test_what_is_done_with_sudo_is_written_down_with_who_did_it(fleet: Fleet) -> None:
    for host in fleet.hosts():
        mark = uuid.uuid4().hex
        fleet.run(host, f"true {mark}")
        [line] = [line for line in fleet.run(host, "cat /var/log/sudo.log").splitlines() if f"true {mark}" in line]
        assert ": admin : " in line
        assert "USER=root" in line
        assert fleet.run(host, "stat -c '%a %U' /var/log/sudo.log").strip() == "600 root"


def test_the_key_that_logged_in_is_written_down(fleet: Fleet) -> None:
    told = subprocess.run(["ssh-keygen", "-lf", fleet.state / "ssh" / "id_ed25519"], check=True, capture_output=True)
    fingerprint = told.stdout.decode().split()[1]
    for host in fleet.hosts():
        assert ssh(fleet, fleet.address(host), "admin").returncode == 0
        lines = fleet.run(host, "journalctl --unit ssh --grep '^Accepted publickey for admin' --output cat")
        assert fingerprint in lines.splitlines()[-1], host
