"""The fleet on EC2: what the instances are like, and what outlives them. The last tests take it apart."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from fleet import ROOT, Fleet, PlaybookRun

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import AddressTypeDef, FilterTypeDef, InstanceTypeDef, VolumeTypeDef

AWS = Fleet(ROOT / "inventory" / "aws_ec2.yml")
ENVIRONMENT = str(ROOT / "molecule" / "ec2" / "inventory" / "environment.yml")
TAGS: list[FilterTypeDef] = [
    {"Name": "tag:app", "Values": ["jobfolio"]},
    {"Name": "tag:environment", "Values": ["molecule-ec2"]},
]
RUNNING: FilterTypeDef = {"Name": "instance-state-name", "Values": ["running"]}
HOSTS = ("playbooks/local_fleet.yml", "--limit", "db1,edge1", "--extra-vars", "local_fleet_aws=true")


@pytest.fixture(scope="module")
def hosts() -> Fleet:
    """The hosts that stand in for the instances, under the same names and addresses."""
    return Fleet()


@pytest.fixture(scope="module")
def ec2() -> EC2Client:
    return boto3.client("ec2", region_name=os.environ["AWS_REGION"])


def playbook(name: str, *arguments: str) -> PlaybookRun:
    return AWS.playbook(name, "--inventory", ENVIRONMENT, *arguments)


def said(run: PlaybookRun) -> str:
    return " ".join(run.output.split())


def instances(ec2: EC2Client) -> dict[str, InstanceTypeDef]:
    found = ec2.describe_instances(Filters=[*TAGS, RUNNING])
    listed = [instance for reservation in found["Reservations"] for instance in reservation["Instances"]]
    return {tags(instance)["Name"]: instance for instance in listed}


def tags(thing: Any) -> dict[str, str]:  # noqa: ANN401  whatever has tags
    return {tag["Key"]: tag["Value"] for tag in thing["Tags"]}


def address_of(ec2: EC2Client, host: str) -> AddressTypeDef:
    name = f"jobfolio-molecule-ec2-{host}"
    (address,) = ec2.describe_addresses(Filters=[{"Name": "tag:Name", "Values": [name]}])["Addresses"]
    return address


def data_volumes(ec2: EC2Client) -> list[VolumeTypeDef]:
    return ec2.describe_volumes(Filters=[{"Name": "tag:Name", "Values": ["jobfolio-molecule-ec2-data"]}])["Volumes"]


def value(hosts: Fleet, statement: str) -> str:
    command = f"docker exec postgres psql --tuples-only --no-align --dbname=jobfolio --command '{statement}'"
    return hosts.run("db1", command).strip()


def inventory() -> dict[str, Any]:
    command = ["ansible-inventory", "-i", str(AWS.inventory), "-i", ENVIRONMENT, "--list"]
    run = subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    # What AWS said is marked as such.
    found: dict[str, Any] = json.loads(run.stdout, object_hook=lambda it: it.get("__ansible_unsafe", it))
    return found


def test_the_metadata_of_an_instance_need_a_token_and_do_not_reach_its_containers(ec2: EC2Client) -> None:
    for instance in instances(ec2).values():
        options = instance["MetadataOptions"]
        assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)


def test_every_disk_is_encrypted(ec2: EC2Client) -> None:
    volumes = ec2.describe_volumes(Filters=TAGS)["Volumes"]
    assert len(volumes) == 3
    assert {(volume["Encrypted"], volume["VolumeType"]) for volume in volumes} == {(True, "gp3")}


def test_only_the_database_s_instance_is_protected_from_being_ended(ec2: EC2Client) -> None:
    protected = {
        name: ec2.describe_instance_attribute(InstanceId=it["InstanceId"], Attribute="disableApiTermination")[
            "DisableApiTermination"
        ]["Value"]
        for name, it in instances(ec2).items()
    }
    assert protected == {"db1": True, "edge1": False}


def test_each_tier_has_one_group_and_an_instance_is_in_those_of_its_tiers(ec2: EC2Client) -> None:
    groups = {group["GroupName"]: group for group in ec2.describe_security_groups(Filters=TAGS)["SecurityGroups"]}
    assert {name: tags(group)["tier"] for name, group in groups.items()} == {
        f"jobfolio-molecule-ec2-{tier}": tier for tier in ("db", "backend", "frontend", "edge", "build")
    }
    for instance in instances(ec2).values():
        expected = {f"jobfolio-molecule-ec2-{tier}" for tier in tags(instance)["tiers"].split(",")}
        assert {group["GroupName"] for group in instance["SecurityGroups"]} == expected


def test_the_inventory_groups_the_hosts_by_tier_and_environment() -> None:
    found = inventory()
    assert found["db"]["hosts"] == ["db1"]
    assert [found[tier]["hosts"] for tier in ("backend", "frontend", "edge", "build")] == [["edge1"]] * 4
    assert sorted(found["molecule_ec2"]["hosts"]) == ["db1", "edge1"]


def test_the_inventory_knows_private_and_public_addresses(ec2: EC2Client) -> None:
    variables = inventory()["_meta"]["hostvars"]
    assert variables["db1"]["private_address"] == "198.18.12.11"
    assert variables["db1"]["public_address"] == address_of(ec2, "db1")["PublicIp"]
    assert variables["db1"]["ansible_host"] == "198.18.12.11"
    assert variables["db1"]["data_volume_id"] == data_volumes(ec2)[0]["VolumeId"]
    assert variables["edge1"]["data_volume_id"] == ""


def test_the_application_s_name_leads_to_the_edge_s_elastic_ip(ec2: EC2Client) -> None:
    route53 = boto3.client("route53", region_name=os.environ["AWS_REGION"])
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    (record,) = [record for record in records if record["Type"] == "A"]
    assert record["Name"] == "jobfolio.test."
    assert record["ResourceRecords"] == [{"Value": address_of(ec2, "edge1")["PublicIp"]}]


def test_check_mode_tells_what_an_edited_variable_would_change_and_changes_nothing(ec2: EC2Client) -> None:
    run = playbook("provision", "--check", "--diff", "--extra-vars", "ec2_data_volume_gib=2")
    assert (run.status, run.changed["controller"]) == (0, 1), run.output
    assert data_volumes(ec2)[0]["Size"] == 1


def test_instances_that_cannot_be_made_are_refused_before_anything_is_changed(ec2: EC2Client) -> None:
    run = playbook("provision", "--extra-vars", json.dumps({"ec2_instances": [{"name": "web1", "tiers": ["web"]}]}))
    assert run.status != 0
    assert "Instance web1 is in unknown tier web; the tiers are" in said(run)
    assert sorted(instances(ec2)) == ["db1", "edge1"]


def test_postgres_does_not_start_where_its_volume_is_not_mounted(hosts: Fleet) -> None:
    hosts.run("db1", "docker stop postgres && umount /srv/jobfolio")
    try:
        started = hosts.on("db1").run("docker start postgres")
        assert started.rc != 0
        assert "bind source path does not exist: /srv/jobfolio/postgres" in started.stderr
        assert hosts.run("db1", "ls -A /srv/jobfolio") == ""
    finally:
        hosts.run("db1", "mount /srv/jobfolio && docker start postgres")


def test_a_volume_that_holds_something_else_is_refused_and_left_alone(hosts: Fleet) -> None:
    device = hosts.run("db1", "findmnt --noheadings --output SOURCE /srv/jobfolio").strip()
    volume = inventory()["_meta"]["hostvars"]["db1"]["data_volume_id"]
    before = hosts.run("db1", f"blkid --probe {device}")

    command = ["ansible", "-i", str(AWS.inventory), "-i", ENVIRONMENT, "db1", "-m", "data_volume"]
    arguments = f"volume_id={volume} label=other-data"
    refused = subprocess.run([*command, "-a", arguments], capture_output=True, text=True, cwd=ROOT, check=False)

    assert refused.returncode != 0
    assert "labelled 'jobfolio-data', not 'other-data'; it is left alone" in " ".join(refused.stdout.split())
    assert hosts.run("db1", f"blkid --probe {device}") == before


def test_a_new_instance_gets_address_and_data_of_the_one_before(ec2: EC2Client, hosts: Fleet) -> None:
    value(hosts, "CREATE TABLE kept (id int)")
    value(hosts, "INSERT INTO kept VALUES (42)")
    cluster = value(hosts, "SELECT system_identifier FROM pg_control_system()")
    gone, address, volume = instances(ec2)["db1"]["InstanceId"], address_of(ec2, "db1"), data_volumes(ec2)[0]
    assert address["InstanceId"] == gone

    # The instance ends, and with it the host and its own disk.
    ec2.modify_instance_attribute(InstanceId=gone, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[gone])
    subprocess.run(["docker", "rm", "--force", f"{hosts.name}-db1"], check=True, capture_output=True)
    subprocess.run(["docker", "volume", "rm", f"{hosts.name}-db1"], check=True, capture_output=True)

    provisioned = playbook("provision")
    assert provisioned.status == 0, provisioned.output
    made = subprocess.run(["ansible-playbook", *HOSTS], capture_output=True, text=True, cwd=ROOT, check=False)
    assert made.returncode == 0, made.stdout
    hosts.on.cache_clear()
    deployed = playbook("deploy")
    assert deployed.status == 0, deployed.output

    new = instances(ec2)["db1"]["InstanceId"]
    assert new != gone
    again = address_of(ec2, "db1")
    assert (again["AllocationId"], again["PublicIp"]) == (address["AllocationId"], address["PublicIp"])
    assert again["InstanceId"] == new
    (attached,) = data_volumes(ec2)
    assert attached["VolumeId"] == volume["VolumeId"]
    assert [attachment["InstanceId"] for attachment in attached["Attachments"]] == [new]
    assert value(hosts, "SELECT system_identifier FROM pg_control_system()") == cluster
    assert value(hosts, "SELECT id FROM kept") == "42"


def test_nothing_is_destroyed_without_the_environment_s_name(ec2: EC2Client) -> None:
    refused = playbook("destroy", "--extra-vars", "ec2_destroy=production")
    assert refused.status != 0
    assert "type -e ec2_destroy=molecule-ec2 if that is meant" in said(refused)
    assert sorted(instances(ec2)) == ["db1", "edge1"]


def test_destroy_keeps_the_data_volume(ec2: EC2Client) -> None:
    volume = data_volumes(ec2)[0]["VolumeId"]
    run = playbook("destroy", "--extra-vars", "ec2_destroy=molecule-ec2")
    assert run.status == 0, run.output
    assert f"Kept, with the data: volume {volume}" in said(run)
    assert not instances(ec2)
    assert not ec2.describe_security_groups(Filters=TAGS)["SecurityGroups"]
    assert not ec2.describe_vpcs(Filters=TAGS)["Vpcs"]
    assert not ec2.describe_addresses(Filters=TAGS)["Addresses"]
    assert [(it["VolumeId"], it["State"]) for it in data_volumes(ec2)] == [(volume, "available")]


def test_destroy_removes_the_data_volume_when_told_twice_and_leaves_a_snapshot(ec2: EC2Client) -> None:
    volume = data_volumes(ec2)[0]["VolumeId"]
    run = playbook(
        "destroy", "--extra-vars", "ec2_destroy=molecule-ec2", "--extra-vars", "ec2_destroy_data_volume=molecule-ec2"
    )
    assert run.status == 0, run.output
    assert not data_volumes(ec2)
    (snapshot,) = ec2.describe_snapshots(Filters=TAGS)["Snapshots"]
    assert (snapshot["VolumeId"], snapshot["State"]) == (volume, "completed")
    assert snapshot["SnapshotId"] in said(run)
