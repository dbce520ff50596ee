"""What role base does where it is asked for, and fleets on this machine do not ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fleet import Fleet

RULES = "/etc/audit/rules.d/60-jobfolio.rules"
SSHD = "/etc/ssh/sshd_config"
OURS = "/etc/ssh/sshd_config.d/00-jobfolio.conf"


def test_updates_are_looked_for_and_installed_every_day(fleet: Fleet) -> None:
    for host in fleet.hosts("backend"):
        settings = fleet.run(host, "apt-config dump APT::Periodic")
        assert 'APT::Periodic::Update-Package-Lists "1";' in settings
        assert 'APT::Periodic::Unattended-Upgrade "1";' in settings
        for timer in ("apt-daily.timer", "apt-daily-upgrade.timer"):
            assert fleet.on(host).service(timer).is_enabled


@pytest.mark.parametrize("watched", ["/etc/shadow", "/etc/sudoers.d", "/run/docker.sock", "/etc/jobfolio"])
def test_the_audit_is_given_its_rules(fleet: Fleet, watched: str) -> None:
    for host in fleet.hosts("backend"):
        fleet.run(host, "augenrules")
        assert f"={watched} " in fleet.run(host, "cat /etc/audit/audit.rules"), host


def test_auditctl_understands_every_rule_though_a_container_may_not_load_it(fleet: Fleet) -> None:
    for host in fleet.hosts("backend"):
        wrong = "-a always,exit -F nonsense=1 -F key=wrong"
        said = fleet.run(
            host, f"(echo -c; cat {RULES}; echo '{wrong}') > /run/rules; auditctl -R /run/rules 2>&1; true"
        )
        rules = fleet.run(host, f"grep -c ^-a {RULES}").strip()
        assert said.count("Error sending add rule data request (Operation not permitted)") == int(rules) > 0
        assert re.findall("^-F .*", said, re.MULTILINE) == ["-F unknown field: nonsense"]


def test_what_sshd_would_refuse_never_lands(fleet: Fleet) -> None:
    host = fleet.hosts("backend")[0]
    fleet.run(host, f"mv {OURS} {OURS}.away && cp -p {SSHD} {SSHD}.away && echo 'Nonsense yes' >> {SSHD}")
    try:
        run = fleet.playbook("../molecule/docker/converge", "--limit", host)
        landed = fleet.on(host).file(OURS).exists
    finally:
        fleet.run(host, f"mv {SSHD}.away {SSHD} && mv {OURS}.away {OURS}")
    assert run.status != 0
    assert f"{OURS} is refused by 'sh'" in run.words
    assert "Bad configuration option: Nonsense" in run.words
    assert not landed
