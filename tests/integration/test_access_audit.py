"""access_audit.yml on a deployed fleet: drift is injected for real, found, named, shown, and repaired by access.yml.

The security groups are those of a stand-in for AWS in this process; the hosts know nothing of it.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import os
import re
import subprocess
import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import equivalents
import pytest
from aws import CREDENTIALS, Account, stand_in
from fleet import ANSIBLE, ROOT, Fleet, PlaybookRun

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = tuple[str, str, str, str]
RUNS = int(os.environ.get("AUDIT_CLEAN_RUNS", "3"))
STRANGER = "192.0.2.66/32"
OPERATORS = "{{ fleet_prefix }}.1/32"
# Seconds for which a grant is given: longer than access.yml takes, so that it is there when it has expired.
GRANTED = 45
TABLE = "nft -j -s list table inet access"


class Environment:
    """The fleet, and an AWS account whose instances have the addresses of its hosts."""

    def __init__(self, fleet: Fleet, url: str) -> None:
        self.fleet = fleet
        self.account = Account(url, fleet.name)
        self.env = {**CREDENTIALS, "AWS_ENDPOINT_URL": url}
        self.instances = {host: self._instance(host) for host in fleet.hosts()}

    def _instance(self, host: str) -> str:
        ec2 = self.account.client
        block = self.fleet.address(host).rpartition(".")[0] + ".0/24"
        vpcs = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": [block]}])["Vpcs"]
        vpc = vpcs[0]["VpcId"] if vpcs else ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]
        subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
        subnet = subnets[0] if subnets else ec2.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]
        made = ec2.run_instances(
            ImageId="ami-12345678",
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet["SubnetId"],
            PrivateIpAddress=self.fleet.address(host),
            SecurityGroupIds=self.groups(host),
        )
        return made["Instances"][0]["InstanceId"]

    def groups(self, host: str) -> list[str]:
        """Return the IDs of the groups of a host's tiers."""
        return [group for tier, group in self.account.ids.items() if host in self.fleet.hosts(tier)]

    def run(self, playbook: str, *arguments: str, **variables: Any) -> PlaybookRun:  # noqa: ANN401 - variables
        """Run a playbook with the security groups of the account."""
        given = json.dumps({"security_groups_managed": True, **variables})
        return self.fleet.playbook(playbook, "--extra-vars", given, *arguments, env=self.env)

    def audit(self, **variables: Any) -> tuple[int, list[dict[str, Any]]]:  # noqa: ANN401 - variables
        """Audit; return the status and the findings of the report."""
        run = self.run("access_audit", **variables)
        path = self.fleet.state / "access" / "audit.json"
        assert path.stat().st_mode & 0o777 == 0o600
        assert set(run.changed.values()) == {0}, run.output
        assert str(path.with_suffix(".html")) in run.output
        findings: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["findings"]
        assert (run.status == 0) == (not findings), run.output
        return run.status, findings


@pytest.fixture(scope="module")
def environment(fleet: Fleet) -> Iterator[Environment]:
    with stand_in() as url:
        made = Environment(fleet, url)
        run = made.run("access")
        assert run.status == 0, run.output
        yield made
        made.run("access")


def told(findings: list[dict[str, Any]]) -> set[Kind]:
    return {(one["place"], one["host_or_group"], one["kind"], one["subject"]) for one in findings}


def test_equivalent_forms_of_tables_and_groups_raise_no_alarm(environment: Environment) -> None:
    fleet = environment.fleet
    groups = environment.account.client.describe_security_groups(GroupIds=list(environment.account.ids.values()))
    tables = {host: fleet.run(host, TABLE) for host in fleet.hosts()}
    seconds = []
    for number in range(RUNS):
        random = Random(number)  # noqa: S311 - no secret
        for host in fleet.hosts():
            spell(fleet, host, tables[host], random)
        for group in groups["SecurityGroups"]:
            spell_group(environment, dict(group), random)
        started = time.monotonic()
        status, findings = environment.audit()
        seconds.append(time.monotonic() - started)
        assert (status, findings) == (0, []), f"run {number}"
    print(f"audit of {len(fleet.hosts())} hosts: {min(seconds):.1f} to {max(seconds):.1f} s, {RUNS} clean runs")
    assert environment.run("access").status == 0


def spell(fleet: Fleet, host: str, table: str, random: Random) -> None:
    """Load another spelling of a host's table, in one transaction."""
    text = equivalents.text(equivalents.listing(table, random))
    coded = base64.b64encode(f"delete table inet access\n{text}".encode()).decode()
    fleet.run(host, f"echo {coded} | base64 --decode | TZ=UTC nft -f -")


def spell_group(environment: Environment, given: dict[str, Any], random: Random) -> None:
    """Have a group say the same in another way."""
    ec2, group = environment.account.client, given["GroupId"]
    (now,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    if now["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=now["IpPermissions"])
    for one in equivalents.group(given, random)["IpPermissions"]:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[one])


def test_every_kind_of_drift_is_found_named_shown_and_repaired(environment: Environment) -> None:
    fleet = environment.fleet
    ends = datetime.now(UTC) + timedelta(seconds=GRANTED)
    grant = {"cidr": "198.51.100.9/32", "owner": "ben", "expires": ends.isoformat(timespec="seconds")}
    sources = {"operators": [OPERATORS], "developers": [grant]}
    run = environment.run("access", access_sources=sources)
    assert run.status == 0, run.output
    try:
        expected = {
            *drift_in_tables(fleet),
            *drift_at_boot(fleet),
            *other_tables(fleet),
            *ports(fleet),
            *drift_in_groups(environment),
        }
        left = f"tcp 5432 from 198.51.100.9/32 (postgres: ben, until {ends:%Y-%m-%dT%H:%M:%SZ})"
        expected |= {
            ("policy", "", "expired grant", "developers: 198.51.100.9/32 (ben)"),
            ("security groups", "db", "expired grant left", left),
        }
        time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds() + 1))
        _, findings = environment.audit(access_sources=sources)
        assert told(findings) == expected
        assert len({(one["place"], one["kind"]) for one in findings}) >= 20

        shown = environment.run("access", "--check", "--diff")
        assert shown.status == 0, shown.output
        for line in (
            r"^-\s+element 192\.0\.2\.66",
            r"^-\s+tcp dport 2222 accept",
            r"^\+\s+ct status dnat accept",
            r"^-\s+type filter hook prerouting priority .*policy accept",
            r"^\+systemctl enable access-firewall.service",
            r"^\+systemctl mask ufw.service",
            r"^-tcp 5432 from 192\.0\.2\.66/32 \(a friend\)",
        ):
            assert re.search(line, shown.output, re.MULTILINE), f"{line}\n{shown.output}"
        repaired = environment.run("access")
        assert repaired.status == 0, repaired.output
        _, rest = environment.audit()
        assert told(rest) == told([one for one in findings if not one["repaired_by"] and one["place"] != "policy"])
        for finding in rest:
            mend(environment, finding)
        assert environment.audit() == (0, [])
    finally:
        tidy(fleet)


def mend(environment: Environment, finding: dict[str, Any]) -> None:
    """Run the very command that a finding tells."""
    command = re.search(r"ansible \S+ -b .*?'[^']+'", finding["remedy"])
    if command:
        env = os.environ | ANSIBLE | {"ANSIBLE_INVENTORY": str(environment.fleet.inventory)}
        done = subprocess.run(command[0], shell=True, cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S602 - our own words
        assert done.returncode == 0, done.stdout + done.stderr
        return
    words = re.search(r"aws ec2 modify-instance-attribute --instance-id (\S+) --groups (.+)$", finding["remedy"])
    assert words, finding
    environment.account.client.modify_instance_attribute(InstanceId=words[1], Groups=words[2].split())


def drift_in_tables(fleet: Fleet) -> set[Kind]:
    """Change the tables of the hosts by hand, as somebody would who is in a hurry."""
    db, edge, build = (fleet.hosts(tier)[0] for tier in ("db", "edge", "build"))
    first, second = fleet.hosts("backend")[:2]
    operator = fleet.address(db).rpartition(".")[0] + ".1"
    wide = operator.rpartition(".")[0] + ".0/24"
    fleet.run(db, "nft add element inet access ssh_4 '{ 192.0.2.66 }'")
    fleet.run(db, "nft insert rule inet access service tcp dport 2222 accept")
    fleet.run(db, "nft flush set inet access postgres_4")
    fleet.run(first, "nft chain inet access prerouting '{ policy accept; }'")
    swap = f"delete element inet access ssh_4 {{ {operator} }}\\nadd element inet access ssh_4 {{ {wide} }}\\n"
    fleet.run(first, f"printf '{swap}' | nft -f -")
    fleet.run(second, "nft delete table inet access")
    handle = "nft -a list chain inet access forward | sed -n 's/.*ct status dnat accept # handle //p'"
    fleet.run(edge, f"nft delete rule inet access forward handle $({handle})")
    fleet.run(edge, "nft add chain inet access own")
    fleet.run(edge, "nft add set inet access friends '{ type ipv4_addr; }'")
    fleet.run(build, "nft add map inet access fates '{ type ipv4_addr : verdict; }'")
    backends = sorted(fleet.address(host) for host in fleet.hosts("backend"))
    return {
        ("kernel", db, "element added", f"{STRANGER} in set ssh_4"),
        ("kernel", db, "rule added", "tcp dport 2222 accept in chain service"),
        *(("kernel", db, "element removed", f"{network} in set postgres_4") for network in collapsed(backends)),
        ("kernel", first, "chain policy flipped", "chain prerouting"),
        ("kernel", first, "element widened", f"{wide} in set ssh_4"),
        ("kernel", second, "table missing", "table inet access"),
        ("kernel", edge, "rule removed", "ct status dnat accept in chain forward"),
        ("kernel", edge, "chain added", "chain own"),
        ("kernel", edge, "set added", "set friends"),
        ("kernel", build, "strange object", "map fates"),
    }


def collapsed(addresses: list[str]) -> list[str]:
    return [str(one) for one in ipaddress.collapse_addresses(map(ipaddress.IPv4Network, addresses))]


def drift_at_boot(fleet: Fleet) -> set[Kind]:
    """Change what a host would start with."""
    build = fleet.hosts("build")[0]
    fleet.run(build, "echo '# mine' >> /etc/jobfolio/firewall/confirmed.nft")
    fleet.run(build, "chmod 0644 /etc/jobfolio/firewall/lockdown.nft")
    fleet.run(build, "systemctl disable access-firewall.service")
    fleet.run(build, "systemctl unmask ufw.service")
    return {
        ("kernel", build, "boot file differs", "/etc/jobfolio/firewall/confirmed.nft"),
        ("kernel", build, "file differs", "/etc/jobfolio/firewall/lockdown.nft"),
        ("kernel", build, "boot unit not enabled", "access-firewall.service"),
        ("kernel", build, "rival not masked", "ufw.service"),
    }


def other_tables(fleet: Fleet) -> set[Kind]:
    """Put another table in the way, and a rule among those of iptables."""
    edge = fleet.hosts("edge")[0]
    lines = (
        "add table inet evil",
        "add chain inet evil in { type filter hook input priority 5; }",
        "add rule inet evil in tcp dport 4444 drop",
    )
    for line in lines:
        fleet.run(edge, f"nft '{line}'")
    return {("kernel", edge, "another table drops", "table inet evil, chain in")}


def ports(fleet: Fleet) -> set[Kind]:
    """Have a process listen, and a container publish a port, that the policy does not know."""
    edge = fleet.hosts("edge")[0]
    fleet.run(edge, "systemd-run --quiet --collect --unit=rogue python3 -m http.server 9998")
    until(fleet, edge, "ss -Hltn sport = :9998")
    find = "command -v docker >/dev/null && docker images --quiet | head -1 || true"
    host, image = next((host, image) for host in fleet.hosts() if (image := fleet.run(host, find).strip()))
    fleet.run(host, f"docker run --detach --name rogue --publish 9997:80 --entrypoint sleep {image} 3600")
    return {
        ("ports", edge, "port listening", "tcp 9998, python3"),
        ("ports", host, "port published", "tcp 9997, container rogue"),
    }


def until(fleet: Fleet, host: str, command: str) -> None:
    """Wait until a command prints something."""
    end = time.monotonic() + 20
    while not fleet.run(host, command).strip():
        assert time.monotonic() < end, f"{command} on {host} said nothing within 20 s"
        time.sleep(0.2)


def drift_in_groups(environment: Environment) -> set[Kind]:
    """Change security groups by hand, and who carries them."""
    ec2, ids, fleet = environment.account.client, environment.account.ids, environment.fleet
    friend: Any = {"CidrIp": STRANGER, "Description": "a friend"}
    postgres: Any = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    ec2.authorize_security_group_ingress(GroupId=ids["db"], IpPermissions=[postgres | {"IpRanges": [friend]}])
    reference: Any = {**postgres, "UserIdGroupPairs": [{"GroupId": ids["backend"]}]}
    ec2.revoke_security_group_ingress(GroupId=ids["db"], IpPermissions=[reference])
    operator = fleet.address(fleet.hosts("db")[0]).rpartition(".")[0]
    ssh: Any = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    wide: Any = {"CidrIp": f"{operator}.0/24", "Description": "ssh"}
    ec2.authorize_security_group_ingress(GroupId=ids["edge"], IpPermissions=[ssh | {"IpRanges": [wide]}])
    mine: Any = {"CidrIp": f"{operator}.1/32", "Description": "mine"}
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=ids["backend"], IpPermissions=[ssh | {"IpRanges": [mine]}]
    )
    everything: Any = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=ids["frontend"], IpPermissions=[everything])
    foreign = environment.account.make_group(f"foreign-{fleet.name}")
    edge, db = fleet.hosts("edge")[0], fleet.hosts("db")[0]
    carried = [*environment.groups(edge), foreign]
    ec2.modify_instance_attribute(InstanceId=environment.instances[edge], Groups=carried)
    ec2.modify_instance_attribute(InstanceId=environment.instances[db], Groups=[ids["build"]])
    return {
        ("security groups", "db", "rule added", f"tcp 5432 from {STRANGER} (a friend)"),
        ("security groups", "db", "rule removed", "tcp 5432 from tier backend (postgres)"),
        ("security groups", "edge", "rule widened", f"tcp 22 from {operator}.0/24 (ssh)"),
        ("security groups", "backend", "description differs", f"tcp 22 from {operator}.1/32"),
        ("security groups", "frontend", "egress rule removed", "everything to 0.0.0.0/0 (everything)"),
        (
            "security groups",
            edge,
            "foreign group",
            f"{environment.instances[edge]} and {foreign} (foreign-{fleet.name})",
        ),
        (
            "security groups",
            db,
            "group of another tier",
            f"{environment.instances[db]} and {ids['build']} ({fleet.name}-build)",
        ),
        ("security groups", db, "group not attached", f"{environment.instances[db]} and {ids['db']} (db)"),
    }


def tidy(fleet: Fleet) -> None:
    """Take away what the playbook does not, whatever happened."""
    for host in fleet.hosts():
        fleet.run(host, "nft delete table inet evil 2>/dev/null; systemctl stop rogue.service 2>/dev/null; true")
        fleet.run(host, "command -v docker >/dev/null && docker rm --force rogue >/dev/null 2>&1; true")
