"""Secrets that are kept in AWS are found there as the example has it, and one that is missing is named."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws
import boto3
import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[3] / "group_vars" / "production" / "vault-aws.yml.example"
ANSIBLE = Path(sys.executable).with_name("ansible")
PLACE = "jobfolio/production"


def names() -> list[str]:
    found: list[str] = yaml.safe_load(EXAMPLE.with_name("vault.yml.example").read_text())
    return list(found)


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """Where the stand-in for AWS answers."""
    with aws.stand_in() as url:
        yield url


def shown(url: str, variables: Path) -> subprocess.CompletedProcess[str]:
    """What Ansible makes of every secret of a file of variables."""
    asked = "msg={{ " + json.dumps(names()) + " | map('extract', vars) | list | to_json }}"
    command = [str(ANSIBLE), "localhost", "--module-name=ansible.builtin.debug", f"--args={asked}"]
    return subprocess.run(
        [*command, f"--extra-vars=@{variables}"],
        env=os.environ | aws.CREDENTIALS | {"AWS_ENDPOINT_URL": url, "ANSIBLE_FORCE_COLOR": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_takes_from_aws_what_the_vault_holds() -> None:
    assert [name for name in yaml.safe_load(EXAMPLE.read_text()) if name.startswith("vault_")] == names()


@pytest.mark.parametrize("service", ["secretsmanager", "ssm"])
def test_every_secret_is_found(account: str, service: str, tmp_path: Path) -> None:
    # Its type knows each service by itself.
    make: Any = boto3.client
    client = make(
        service,
        endpoint_url=account,
        region_name=aws.REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    kept = {name: secrets.token_hex(20) for name in names()}
    text = EXAMPLE.read_text()
    for name, value in kept.items():
        path = f"{PLACE}/{name.removeprefix('vault_')}"
        if service == "ssm":
            client.put_parameter(Name=f"/{path}", Value=value, Type="SecureString")
        else:
            client.create_secret(Name=path, SecretString=value)
    if service == "ssm":
        # As its first lines say.
        text = text.replace(
            "amazon.aws.secretsmanager_secret', aws_secrets", "amazon.aws.ssm_parameter', '/' ~ aws_secrets"
        )
    file = tmp_path / "vault.yml"
    file.write_text(text)
    run = shown(account, file)
    assert run.returncode == 0, run.stdout + run.stderr
    assert set(kept.values()) <= set(run.stdout.replace('"', " ").replace("\\", " ").replace(",", " ").split())


def test_a_secret_that_is_not_there_is_named(account: str, tmp_path: Path) -> None:
    file = tmp_path / "vault.yml"
    file.write_text(EXAMPLE.read_text().replace(PLACE, "nowhere"))
    run = shown(account, file)
    assert run.returncode != 0
    assert "nowhere/postgres_superuser_password" in run.stdout + run.stderr
