"""Module security_group_rules against EC2's wire protocol: exact, in order, and watched after every call."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import access.ec2_groups
import pytest
from access.ec2_groups import GroupError, carry_out, explain, find
from access.model import Ports
from access.security_groups import Permission, Rules, Step, egress, permissions, read, steps, target, to_api
from aws import CREDENTIALS, REGION, TIERS, Account, stand_in
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from policies import NOW, policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[4]
ANSIBLE = Path(sys.executable).with_name("ansible")
MEMBERS = {"db": ["10.0.0.1"], "backend": ["10.0.0.2", "10.0.0.3"], "edge": ["10.0.0.3"]}
WRITES = ("Authorize", "Revoke", "Update", "Modify", "Create", "Delete")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with stand_in() as address:
        yield address


@pytest.fixture
def account(url: str) -> Account:
    return Account(url)


def wished(**options: Any) -> dict[str, list[dict[str, str]]]:  # noqa: ANN401 - of the policy
    """What the policy like the project's own wants of each group."""
    ours = policy(**options)
    return {tier: [one.to_dict() for one in permissions(ours, tier, NOW, TIERS)] for tier in TIERS}


def module(
    account: Account, *options: str, environment: dict[str, str] | None = None, **arguments: object
) -> dict[str, Any]:
    """Run the module by Ansible; return its result."""
    given = {"permissions": wished(), "tags": account.tags, "endpoint_url": account.url, **arguments}
    command = [str(ANSIBLE), "localhost", "-i", "localhost,", "-c", "local", "-m", "security_group_rules"]
    command += ["-e", f"ansible_python_interpreter={sys.executable}", "-a", json.dumps(given), *options]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "EC2_"))}
    kept |= {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_NOCOLOR": "1",
    }
    kept |= {"HOME": "/nonexistent", "ANSIBLE_HOME": str(ROOT / ".state/ansible"), "AWS_EC2_METADATA_DISABLED": "true"}
    kept |= CREDENTIALS if environment is None else environment
    done = subprocess.run(command, capture_output=True, text=True, env=kept, cwd=ROOT, check=False)
    text = done.stdout[done.stdout.find("=> {") + 3 :]
    result: dict[str, Any] = json.JSONDecoder().raw_decode(text)[0]
    return result | {"printed": done.stdout + done.stderr}


def rules(account: Account) -> dict[str, Rules]:
    return {tier: group.rules for tier, group in find(account.client, account.tags).items()}


def apply(account: Account, tier: str, wanted: list[Permission], *, only_narrow: bool = False) -> None:
    """Do in this process to one group what the module does to all."""
    groups = find(account.client, account.tags)
    members = {name: tuple(map(ip_network, given)) for name, given in MEMBERS.items()}
    after = target(groups[tier].rules, wanted, members, only_narrow=only_narrow)
    carry_out(account.client, groups[tier], after, account.ids, members)


def test_the_groups_get_exactly_what_the_policy_says_and_a_second_run_changes_nothing(account: Account) -> None:
    first = module(account)
    assert first["changed"]
    found = rules(account)
    for tier, given in wished().items():
        assert found[tier] == (list(map(Permission.from_dict, given)), egress()), tier
    assert first["groups"]["backend"] == {
        "id": account.ids["backend"],
        "authorized": [
            "tcp 22 from 203.0.113.10/32 (ssh: operators)",
            "tcp 22 from 2001:db8:5::10/128 (ssh: operators)",
            "tcp 8001-8002 from tier edge (api)",
        ],
        "revoked": [],
        # AWS gives a group these when it is made, without a word of why.
        "redescribed": ["everything to 0.0.0.0/0 (everything)", "everything to ::/0 (everything)"],
    }
    assert not module(account)["changed"]


def test_a_second_run_writes_nothing(account: Account) -> None:
    wanted = list(map(Permission.from_dict, wished()["db"]))
    apply(account, "db", wanted)
    with record(account) as calls:
        apply(account, "db", wanted)
        apply(account, "db", wanted, only_narrow=True)
    assert calls == ["DescribeSecurityGroups", "DescribeSecurityGroups"]


@contextmanager
def record(account: Account) -> Iterator[list[str]]:
    """Give a list that grows with every call."""
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:  # noqa: ANN401 - botocore's
        calls.append(model.name)

    account.client.meta.events.register("before-call.ec2", note)
    try:
        yield calls
    finally:
        account.client.meta.events.unregister("before-call.ec2", note)


def test_over_an_elastic_ip_and_over_ipv6_the_addresses_stand_in_the_group(account: Account) -> None:
    module(account, permissions=wished(endpoint="elastic_ip"))
    found = rules(account)["db"].lines()
    assert "tcp 5432 from 203.0.113.12/32 (postgres: backend)" in found
    assert "tcp 5432 from tier backend (postgres)" in found
    assert "tcp 22 from 2001:db8:5::10/128 (ssh: operators)" in found


def test_check_mode_writes_nothing_and_shows_every_rule(account: Account) -> None:
    stray = Permission("tcp", Ports(5432, 5432), ip_network("0.0.0.0/0"), "for a moment")
    authorize(account, "db", [stray])
    before = rules(account)
    result = module(account, "--check", "--diff")
    assert result["changed"]
    assert rules(account) == before
    headers = re.findall(r"^\+\+\+ after: security group (.*)$", result["printed"], re.MULTILINE)
    assert headers == [f"{account.tags['environment']}-{tier} ({account.ids[tier]})" for tier in TIERS]
    shown = result["printed"].splitlines()
    assert "+tcp 5432 from 198.51.100.7/32 (postgres: ana, debug import job, until 2027-12-01T18:00:00Z)" in shown
    assert "-tcp 5432 from 0.0.0.0/0 (for a moment)" in shown
    for given in wished().values():
        assert {f"+{Permission.from_dict(one).line()}" for one in given} <= set(shown)


def test_the_narrowing_run_only_takes_away(account: Account) -> None:
    port = Ports(5432, 5432)
    old = [
        Permission("tcp", port, ip_network("198.51.100.0/24"), "wider than wanted"),
        Permission("tcp", port, ip_network("192.0.2.1/32"), "no longer wanted"),
    ]
    authorize(account, "db", old)
    result = module(account, only_narrow=True)
    assert {tier: told for tier, told in result["groups"].items() if told["authorized"]} == {
        "db": {
            "id": account.ids["db"],
            "authorized": [
                "tcp 5432 from 198.51.100.7/32 (postgres: ana, debug import job, until 2027-12-01T18:00:00Z)"
            ],
            "revoked": [
                "tcp 5432 from 192.0.2.1/32 (no longer wanted)",
                "tcp 5432 from 198.51.100.0/24 (wider than wanted)",
            ],
            "redescribed": [],
        }
    }
    assert not module(account, only_narrow=True)["changed"]
    assert module(account)["changed"], "then it opens what is new"


def authorize(account: Account, tier: str, given: list[Permission]) -> None:
    words: Any = [to_api(one, account.ids) for one in given]
    if words:
        account.client.authorize_security_group_ingress(GroupId=account.ids[tier], IpPermissions=words)


DRIFTS: dict[str, Callable[[Account, Any], object]] = {
    "a rule added": lambda account, words: account.client.authorize_security_group_ingress(
        GroupId=account.ids["db"], IpPermissions=[words("tcp", Ports(5432, 5432), ip_network("0.0.0.0/0"))]
    ),
    "everything let in": lambda account, words: account.client.authorize_security_group_ingress(
        GroupId=account.ids["db"], IpPermissions=[words("-1", None, ip_network("::/0"))]
    ),
    "ping let in": lambda account, words: account.client.authorize_security_group_ingress(
        GroupId=account.ids["db"], IpPermissions=[words("icmp", Ports(8, -1), ip_network("0.0.0.0/0"))]
    ),
    "a rule removed": lambda account, words: account.client.revoke_security_group_ingress(
        GroupId=account.ids["db"], IpPermissions=[words("tcp", Ports(5432, 5432), "backend")]
    ),
    "a rule widened": lambda account, words: (
        account.client.revoke_security_group_ingress(
            GroupId=account.ids["db"], IpPermissions=[words("tcp", Ports(22, 22), ip_network("203.0.113.10/32"))]
        ),
        account.client.authorize_security_group_ingress(
            GroupId=account.ids["db"], IpPermissions=[words("tcp", Ports(22, 23), ip_network("203.0.113.0/24"))]
        ),
    ),
    "another tier let in": lambda account, words: account.client.authorize_security_group_ingress(
        GroupId=account.ids["db"], IpPermissions=[words("tcp", Ports(5432, 5432), "edge")]
    ),
    "a stranger's group let in": lambda account, words: account.client.authorize_security_group_ingress(
        GroupId=account.ids["db"],
        IpPermissions=[words("tcp", Ports(22, 22), account.make_group(f"x-{account.tags['environment']}"))],
    ),
    "a prefix list let in": lambda account, words: account.client.authorize_security_group_ingress(
        GroupId=account.ids["db"], IpPermissions=[words("tcp", Ports(22, 22), "pl-0a1b2c3d")]
    ),
    "egress narrowed": lambda account, words: (
        account.client.revoke_security_group_egress(
            GroupId=account.ids["db"], IpPermissions=[words("-1", None, ip_network("0.0.0.0/0"))]
        ),
        account.client.authorize_security_group_egress(
            GroupId=account.ids["db"], IpPermissions=[words("tcp", Ports(443, 443), ip_network("0.0.0.0/0"))]
        ),
    ),
    "another description": lambda account, words: account.client.update_security_group_rule_descriptions_ingress(
        GroupId=account.ids["db"],
        IpPermissions=[words("tcp", Ports(22, 22), ip_network("203.0.113.10/32"), "Bob's, keep")],
    ),
    "another description of a reference": lambda account, words: (
        account.client.update_security_group_rule_descriptions_ingress(
            GroupId=account.ids["db"], IpPermissions=[words("tcp", Ports(5432, 5432), "backend", "Bob's, keep")]
        )
    ),
    "another description of egress": lambda account, words: (
        account.client.update_security_group_rule_descriptions_egress(
            GroupId=account.ids["db"], IpPermissions=[words("-1", None, ip_network("::/0"), "Bob's, keep")]
        )
    ),
}


@pytest.mark.parametrize("drift", DRIFTS.values(), ids=list(DRIFTS))
def test_what_somebody_did_by_hand_is_repaired(account: Account, drift: Callable[[Account, Any], object]) -> None:
    wanted = list(map(Permission.from_dict, wished()["db"]))
    apply(account, "db", wanted)
    before = rules(account)["db"]
    drift(account, lambda *given: to_api(Permission(*given), account.ids))
    assert rules(account)["db"] != before, "the harness does something"
    apply(account, "db", wanted)
    assert rules(account)["db"] == before
    with record(account) as calls:
        apply(account, "db", wanted)
    assert not [call for call in calls if call.startswith(WRITES)]


def test_a_full_group_takes_sixty_other_rules(account: Account) -> None:
    for network in ("192.0.2", "203.0.113"):
        wanted = [Permission("tcp", Ports(22, 22), ip_network(f"{network}.{index}/32"), "ssh") for index in range(60)]
        apply(account, "db", wanted)
        assert set(rules(account)["db"].ingress) == set(wanted)


def test_too_many_rules_for_a_moment_are_told_with_what_to_do_and_nothing_is_shut(account: Account) -> None:
    old = [Permission("tcp", Ports(22, 22), ip_network(f"192.0.2.{index}/32"), "ssh") for index in range(60)]
    apply(account, "db", old)
    with pytest.raises(
        GroupError, match=r"-db \(sg-.*\) has no room: for a moment old and new rules together are more"
    ):
        apply(account, "db", [Permission("tcp", Ports(22, 22), ip_network("192.0.2.0/24"), "ssh")])
    assert set(rules(account)["db"].ingress) == set(old)


def test_what_somebody_else_did_in_the_meantime_counts_as_done(account: Account) -> None:
    groups = find(account.client, account.tags)
    ours = [Permission("tcp", Ports(port, port), ip_network("192.0.2.1/32"), "a") for port in (1, 2, 3)]
    authorize(account, "db", ours[1:2])
    carry_out(account.client, groups["db"], Rules(ours, groups["db"].rules.egress), account.ids)
    full = find(account.client, account.tags)["db"]
    assert full.rules.ingress == ours
    words: Any = [to_api(ours[0], {})]
    account.client.revoke_security_group_ingress(GroupId=full.id, IpPermissions=words)
    carry_out(account.client, full, Rules([], full.rules.egress), account.ids)
    assert rules(account)["db"].ingress == []


def lists() -> st.SearchStrategy[list[Permission]]:
    """Draw the permissions of a group in a small world."""
    spans = st.tuples(st.integers(1, 6), st.integers(1, 6)).map(lambda ends: Ports(min(ends), max(ends)))
    networks = [
        *[net for length in (29, 30, 32) for net in ip_network("10.0.0.0/29").subnets(new_prefix=length)],
        *[net for length in (126, 128) for net in ip_network("fd00::/126").subnets(new_prefix=length)],
    ]
    one = st.builds(
        Permission,
        st.sampled_from(["tcp", "udp"]),
        spans,
        st.sampled_from([*networks, *MEMBERS]),
        st.sampled_from(["a", "b"]),
    )
    return st.lists(one, max_size=6, unique_by=lambda one: one.key)


def opens(given: list[Permission]) -> set[Any]:
    """What permissions let through, packet by packet."""
    found: set[Any] = set()
    for one in given:
        if isinstance(one.peer, str):
            sources = set(MEMBERS[one.peer])
        else:
            sources = {str(a) for net in ("10.0.0.0/29", "fd00::/126") for a in ip_network(net) if a in one.peer}
        assert one.ports is not None
        found |= {(one.proto, port, a) for port in range(one.ports.first, one.ports.last + 1) for a in sources}
    return found


def start_with(account: Account, tier: str, given: list[Permission]) -> None:
    """Leave a group with these rules and no others."""
    words: Any = [to_api(one, account.ids) for one in rules(account)[tier].ingress]
    if words:
        account.client.revoke_security_group_ingress(GroupId=account.ids[tier], IpPermissions=words)
    authorize(account, tier, given)


@contextmanager
def watch(account: Account, tier: str) -> Iterator[list[set[Any]]]:
    """Look at a group after every call that changes something; give a list of what was open then."""
    seen: list[set[Any]] = []
    tiers = {identity: name for name, identity in account.ids.items()}

    def look(model: Any, **_: Any) -> None:  # noqa: ANN401 - botocore's
        if model.name.startswith(WRITES):
            (group,) = account.client.describe_security_groups(GroupIds=[account.ids[tier]])["SecurityGroups"]
            seen.append(opens(read(group, tiers).ingress))

    account.client.meta.events.register("after-call.ec2", look)
    try:
        yield seen
    finally:
        account.client.meta.events.unregister("after-call.ec2", look)


QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@drawn(lists(), lists())
def test_at_no_moment_is_more_open_than_before_or_after_nor_less_than_both(
    account: Account, old: list[Permission], new: list[Permission]
) -> None:
    start_with(account, "db", old)
    with watch(account, "db") as seen:
        apply(account, "db", new)
    for let in seen:
        assert opens(old) & opens(new) <= let <= opens(old) | opens(new)
    assert set(rules(account)["db"].ingress) == set(new)


@QUICK
@drawn(lists(), lists())
def test_narrowing_shuts_what_is_no_longer_wanted_and_opening_does_the_rest(
    account: Account, old: list[Permission], new: list[Permission]
) -> None:
    start_with(account, "db", old)
    both = opens(old) & opens(new)
    with watch(account, "db") as seen:
        apply(account, "db", new, only_narrow=True)
    assert all(both <= let <= opens(old) for let in seen)
    assert opens(rules(account)["db"].ingress) == both
    # Here the hosts learn of the new policy.
    with watch(account, "db") as seen:
        apply(account, "db", new)
    assert all(both <= let <= opens(new) for let in seen)
    assert set(rules(account)["db"].ingress) == set(new)
    with record(account) as calls:
        apply(account, "db", new, only_narrow=True)
        apply(account, "db", new)
    assert not [call for call in calls if call.startswith(WRITES)]


@pytest.mark.parametrize(
    ("wrong", "moment"),
    [
        (lambda right: list(reversed(right)), "shut"),
        (lambda right: [Step(step.verb, step.permissions) for step in right if step.verb != "revoke"], "open"),
    ],
    ids=["revokes first", "never revokes"],
)
def test_the_watch_would_notice_a_wrong_order(
    account: Account, monkeypatch: pytest.MonkeyPatch, wrong: Callable[[list[Step]], list[Step]], moment: str
) -> None:
    old = [Permission("tcp", Ports(1, 4), ip_network("10.0.0.0/29"), "a")]
    new = [Permission("tcp", Ports(3, 6), ip_network("10.0.0.0/30"), "a")]
    authorize(account, "db", old)
    monkeypatch.setattr(access.ec2_groups, "steps", lambda *given: wrong(steps(*given)))
    with watch(account, "db") as seen:
        apply(account, "db", new)
    if moment == "shut":
        assert not all(opens(old) & opens(new) <= let for let in seen)
    else:
        assert not seen[-1] <= opens(new)


def test_a_group_that_is_missing_is_told_with_the_playbook_that_makes_it(account: Account) -> None:
    account.client.delete_security_group(GroupId=account.ids["build"])
    before = rules(account)
    result = module(account)
    assert result["msg"] == (
        f"There is no security group of tier build (app=jobfolio, environment={account.tags['environment']}) in the "
        "region: run playbooks/provision.yml, which makes it."
    )
    assert rules(account) == before, "nothing is done by halves"
    checked = module(account, "--check", "--diff")
    assert checked["changed"], "in check mode it may be that provision.yml has only been checked, too"
    assert "security group of tier build (not made yet)" in checked["printed"]


def test_two_groups_of_one_tier_are_refused(account: Account) -> None:
    other = account.make_group(f"{account.tags['environment']}-second", tier="db")
    result = module(account)
    assert other in result["msg"] and account.ids["db"] in result["msg"]


def test_groups_are_found_by_name_or_id_where_those_are_given(account: Account) -> None:
    names = {tier: f"{account.tags['environment']}-{tier}" for tier in TIERS} | {"db": account.ids["db"]}
    assert module(account, names=names, tags={})["changed"]
    assert not module(account)["changed"], "by tags they are the same"


def test_the_region_and_the_endpoint_may_come_from_the_environment(account: Account) -> None:
    keys = {key: value for key, value in CREDENTIALS.items() if key != "AWS_REGION"}
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        given = keys | {name: REGION, "AWS_ENDPOINT_URL": account.url}
        assert "groups" in module(account, "--check", environment=given, endpoint_url="")
    result = module(account, environment=keys)
    assert result["msg"] == "AWS needs a region: set AWS_REGION, for example export AWS_REGION=eu-central-1."
    assert "groups" in module(account, "--check", environment=keys, region=REGION)


def test_without_credentials_it_says_how_to_give_some(account: Account) -> None:
    result = module(account, environment={"AWS_REGION": REGION})
    assert result["msg"].startswith(
        "There are no credentials for AWS (Unable to locate credentials): set AWS_PROFILE, or"
    )
    result = module(account, environment={"AWS_REGION": REGION, "AWS_PROFILE": "nobody"})
    assert "(The config profile (nobody) could not be found): set AWS_PROFILE, or" in result["msg"]


def test_where_nothing_answers_it_says_so(account: Account) -> None:
    result = module(account, endpoint_url="http://127.0.0.1:9")
    assert result["msg"].startswith(
        'AWS does not answer (Could not connect to the endpoint URL: "http://127.0.0.1:9/")'
    )


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("UnauthorizedOperation", "do not allow it: have IAM allow them ec2:AuthorizeSecurityGroupIngress."),
        ("ExpiredToken", "AWS refuses the credentials (no): set AWS_PROFILE, or"),
        ("RulesPerSecurityGroupLimitExceeded", "x-db (sg-1) has no room: for a moment"),
        ("InvalidGroup.NotFound", "run playbooks/provision.yml"),
        ("Odd", "AWS refused AuthorizeSecurityGroupIngress of x-db (sg-1) (Odd: no): mend that"),
    ],
)
def test_what_aws_refuses_becomes_a_sentence_with_the_remedy(code: str, sentence: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no."}}, "AuthorizeSecurityGroupIngress")
    found = explain(error, "x-db (sg-1)")
    assert sentence in found
    assert "\n" not in found and found.endswith(".")


def test_permissions_that_cannot_be_read_are_named(account: Account) -> None:
    result = module(account, permissions={"db": [{"proto": "tcp", "ports": "x", "peer": "10.0.0.0/8"}]})
    assert result["msg"].startswith("permissions, db: ValueError(")
