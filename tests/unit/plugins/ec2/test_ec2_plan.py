"""What role ec2 refuses before AWS is asked, each in one sentence with a remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ec2.plan import judge_fleet

ROOT = Path(__file__).parents[4]
DEFAULTS: dict[str, Any] = yaml.safe_load((ROOT / "roles/ec2/defaults/main.yml").read_text())
SUBNETS = [{"name": "a", "cidr": "10.20.0.0/24"}]


def all_in_one(**more: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [{"name": "one", "tiers": ["db", "backend", "frontend", "edge", "build"], **more}]


def problems(instances: list[dict[str, Any]] | None = None, **given: Any) -> list[str]:  # noqa: ANN401
    values: dict[str, Any] = {
        "region": "eu-central-1",
        "vpc_id": "",
        "vpc_cidr": "10.20.0.0/16",
        "subnets": SUBNETS,
        "dns_zone": "",
        "dns_records": [],
        "name": "jobfolio-production",
    }
    return judge_fleet(all_in_one() if instances is None else instances, **(values | given))


def test_the_role_s_own_defaults_are_accepted() -> None:
    assert not problems(DEFAULTS["ec2_instances"], subnets=DEFAULTS["ec2_subnets"], vpc_cidr=DEFAULTS["ec2_vpc_cidr"])


def test_one_instance_may_be_in_every_tier() -> None:
    assert not problems(all_in_one(private_address="10.20.0.11"))


def test_subnets_that_exist_need_an_id_and_no_network() -> None:
    assert not problems(vpc_id="vpc-1", subnets=[{"name": "a", "id": "subnet-1"}])


@pytest.mark.parametrize(
    ("instances", "said"),
    [
        ([], "No instance of ec2_instances is in tier db"),
        ([*all_in_one(), {"name": "two", "tiers": ["db"]}], "2 instances of ec2_instances are in tier db"),
        ([*all_in_one(), {"name": "one", "tiers": ["backend"]}], "Two instances of ec2_instances are named one"),
        ([*all_in_one(), {"name": "two", "tiers": []}], "Instance two is in no tier"),
        ([*all_in_one(), {"name": "two", "tiers": ["web"]}], "unknown tier web"),
        ([*all_in_one(), {"name": "Two_2", "tiers": ["backend"]}], "'Two_2' cannot name an instance"),
        (all_in_one(subnet="b"), "unknown subnet b"),
        (all_in_one(private_address="ten"), "is no IPv4 address"),
        (all_in_one(private_address="10.30.0.11"), "lies outside of its subnet 10.20.0.0/24"),
        (all_in_one(private_address="10.20.0.3"), "is AWS's own"),
        (all_in_one(private_address="10.20.0.255"), "is AWS's own"),
        (
            [
                *all_in_one(private_address="10.20.0.9"),
                {"name": "b", "tiers": ["edge"], "private_address": "10.20.0.9"},
            ],
            "Two instances of ec2_instances have the private_address 10.20.0.9",
        ),
    ],
)
def test_instances_that_cannot_be_made_are_named(instances: list[dict[str, Any]], said: str) -> None:
    found = problems(instances)
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"region": ""}, "export AWS_REGION=eu-central-1"),
        ({"region": "Frankfurt"}, "is no AWS region"),
        ({"name": "sg-1"}, "Security groups cannot be named"),
        ({"subnets": []}, "ec2_subnets is empty"),
        ({"subnets": SUBNETS * 2}, "Two subnets of ec2_subnets are named a"),
        ({"subnets": [{"name": "a"}]}, "has no IPv4 network as its cidr"),
        ({"subnets": [{"name": "a", "cidr": "10.20.0.1/24"}]}, "without host bits"),
        ({"subnets": [{"name": "a", "cidr": "10.20.0.0/29"}]}, "AWS takes /16 to /28"),
        ({"subnets": [{"name": "a", "cidr": "10.30.0.0/24"}]}, "lies outside of ec2_vpc_cidr"),
        ({"subnets": [*SUBNETS, {"name": "b", "cidr": "10.20.0.128/25"}]}, "Subnets a and b overlap"),
        ({"vpc_cidr": "10.20.0.0"}, "lies outside of ec2_vpc_cidr"),
        ({"vpc_cidr": "10.20/16"}, "ec2_vpc_cidr 10.20/16 is no IPv4 network"),
        ({"vpc_id": "vpc-1"}, "Subnet a has no id"),
        ({"dns_records": [{"name": "x.example.com", "instance": "one"}]}, "ec2_dns_zone names no zone"),
        (
            {"dns_zone": "example.com", "dns_records": [{"name": "x.example.com", "instance": "two"}]},
            "leads to unknown instance two",
        ),
        (
            {"dns_zone": "example.com", "dns_records": [{"name": "notexample.com", "instance": "one"}]},
            "is not in zone example.com",
        ),
    ],
)
def test_a_place_that_cannot_be_made_is_named(given: dict[str, Any], said: str) -> None:
    found = problems(**given)
    assert any(said in problem for problem in found), found


def test_a_record_may_be_the_zone_itself() -> None:
    assert not problems(dns_zone="example.com", dns_records=[{"name": "example.com", "instance": "one"}])


def test_every_sentence_ends_and_says_what_to_do() -> None:
    said = problems([], region="", vpc_cidr="x", subnets=[{"name": "a"}])
    assert len(said) > 5
    assert all(sentence.endswith((".", ").")) and (";" in sentence) for sentence in said)
