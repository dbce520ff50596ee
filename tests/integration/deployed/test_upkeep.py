"""What hosts do by themselves: updates, time, logs, and how their kernel is set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleet import Fleet

SYSCTLS = "/etc/sysctl.d/60-jobfolio.conf"
# Each parameter with the value that is in force, a line each; globs stand for every interface.
IN_FORCE = (
    f"grep -v '^#' {SYSCTLS} | tr . / | while read -r name _ value; do "
    'for file in /proc/sys/$name; do echo "$file $value $(cat "$file")"; done; done'
)
# What would be done with apt's settings as the package brings them, and no others.
OWN_SETTINGS = """
set -e
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
mkdir "$folder/parts"
cp /usr/share/unattended-upgrades/50unattended-upgrades "$folder/parts"
echo "Dir::Etc::parts \\"$folder/parts\\";" > "$folder/apt.conf"
APT_CONFIG=$folder/apt.conf unattended-upgrade --dry-run --debug 2>&1
"""


def in_container(fleet: Fleet, host: str) -> bool:
    return int(fleet.on(host).run("systemd-detect-virt --container").rc) == 0


def test_security_updates_are_the_only_ones_that_install_themselves_and_they_leave_the_engine_alone(
    fleet: Fleet,
) -> None:
    for host in fleet.hosts():
        codename = fleet.run(host, ". /etc/os-release; echo $VERSION_CODENAME").strip()
        said = fleet.on(host).run("unattended-upgrade --dry-run --debug 2>&1").stdout
        [origins] = re.findall(r"^Allowed origins are: (.*)$", said, re.MULTILINE)
        assert origins == f"origin=Debian,codename={codename}-security,label=Debian-Security", host
        [excluded] = re.findall(r"^Initial blacklist: (.*)$", said, re.MULTILINE)
        assert excluded.split() == ["containerd$", r"docker\.io$"], host


def test_the_packages_own_settings_would_install_all_of_debians_updates(fleet: Fleet) -> None:
    said = fleet.run(fleet.hosts()[0], OWN_SETTINGS)
    [origins] = re.findall(r"^Allowed origins are: (.*)$", said, re.MULTILINE)
    assert origins.count("origin=Debian,") == 3


def test_no_host_restarts_by_itself(fleet: Fleet) -> None:
    for host in fleet.hosts():
        assert 'Unattended-Upgrade::Automatic-Reboot "false";' in fleet.run(host, "apt-config dump")


def test_the_journal_outlives_a_restart_and_has_a_limit(fleet: Fleet) -> None:
    for host in fleet.hosts():
        said = fleet.run(host, "journalctl --unit systemd-journald --output cat | grep '^System Journal' | tail -n 1")
        assert "/var/log/journal/" in said, host
        assert "max 500.0M" in said or "max 500M" in said, said


def test_the_kernels_parameters_are_in_force_on_every_interface_and_docker_still_forwards(fleet: Fleet) -> None:
    for host in fleet.hosts():
        fleet.run(host, f"/usr/lib/systemd/systemd-sysctl {SYSCTLS}")
        values = [line.split() for line in fleet.run(host, IN_FORCE).splitlines()]
        assert len(values) > 20, host
        assert [each for each in values if each[1] != each[2]] == [], host
        assert fleet.run(host, "cat /proc/sys/net/ipv4/ip_forward").strip() == "1"


def test_a_host_that_shares_its_kernel_leaves_the_machines_parameters_alone(fleet: Fleet) -> None:
    for host in fleet.hosts():
        given = fleet.run(host, f"cut -d ' ' -f 1 {SYSCTLS}")
        assert ("kernel.kptr_restrict" in given) != in_container(fleet, host)


def test_a_host_keeps_time_unless_it_shares_its_machines_clock(fleet: Fleet) -> None:
    for host in fleet.hosts():
        settings = fleet.run(host, "systemd-analyze cat-config systemd/timesyncd.conf")
        assert re.findall(r"^NTP=(.*)$", settings, re.MULTILINE)[-1] == "169.254.169.123"
        clock = fleet.on(host).service("systemd-timesyncd")
        assert clock.is_enabled
        assert clock.is_running != in_container(fleet, host)


def test_the_audit_has_rules_only_where_it_was_asked_for(fleet: Fleet) -> None:
    for host in fleet.hosts():
        assert not fleet.on(host).file("/etc/audit/rules.d/60-jobfolio.rules").exists
