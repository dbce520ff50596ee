"""What Linux and Debian say, as captured on hosts that run Debian 12 and 13, and what it is read as."""

from __future__ import annotations

from host.system import parse_dpkg_status, parse_meminfo, parse_os_release, parse_units, sysctl_path

OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 13 (trixie)"
# a comment=with an equals sign
VERSION_ID="13"
VERSION_CODENAME=trixie
ID=debian
"""

MEMINFO = """\
MemTotal:       24684092 kB
MemAvailable:   22683208 kB
HugePages_Total:       0
"""

DPKG_STATUS = """\
Package: docker.io
Status: install ok installed
Version: 26.1.5+dfsg1-9+b11
Description: Linux container runtime
 Status: not a field

Package: docker-cli
Status: hold ok installed
Version: 26.1.5+dfsg1-9+b11

Package: containerd
Status: deinstall ok config-files
Version: 1.7.24~ds1-6

Package: runc
Status: install ok installed
Version: 1.1.15
"""

UNITS = """\
Id=ssh.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Id=nope.service
LoadState=not-found
ActiveState=inactive
UnitFileState=

Id=nftables.service
LoadState=masked
ActiveState=inactive
UnitFileState=masked
"""


def test_the_distribution_is_read_without_its_quotes() -> None:
    release = parse_os_release(OS_RELEASE)
    assert (release["ID"], release["VERSION_ID"], release["PRETTY_NAME"]) == (
        "debian",
        "13",
        "Debian GNU/Linux 13 (trixie)",
    )
    assert len(release) == 4


def test_memory_is_in_bytes_and_counts_are_counts() -> None:
    assert parse_meminfo(MEMINFO) == {
        "MemTotal": 24684092 * 1024,
        "MemAvailable": 22683208 * 1024,
        "HugePages_Total": 0,
    }


def test_only_wanted_and_wholly_installed_packages_are_told() -> None:
    wanted = {"docker.io", "docker-cli", "containerd", "absent"}
    assert parse_dpkg_status(DPKG_STATUS, wanted) == {
        "docker.io": "26.1.5+dfsg1-9+b11",
        "docker-cli": "26.1.5+dfsg1-9+b11",
    }


def test_units_that_run_are_missing_or_are_masked_are_told_apart() -> None:
    units = parse_units(UNITS)
    assert units["ssh.service"] == {
        "exists": True,
        "masked": False,
        "active": True,
        "state": "active",
        "enabled": "enabled",
    }
    assert not units["nope.service"]["exists"]
    assert units["nftables.service"]["masked"]


def test_a_sysctl_with_a_dot_in_an_interface_name_is_found() -> None:
    assert sysctl_path("net.ipv4.ip_forward") == "/proc/sys/net/ipv4/ip_forward"
    assert sysctl_path("net.ipv4.conf.eth0/1.forwarding") == "/proc/sys/net/ipv4/conf/eth0.1/forwarding"
