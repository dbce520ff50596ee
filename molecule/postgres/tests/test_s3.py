"""A second repository in S3, over TLS, against moto as its server; and what a wrong key does."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from database import info
from fleet import Fleet, variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet import PlaybookRun

PORT = 9443
BUCKET, REGION, KEY = "jobfolio-backups", "eu-central-1", "testing-testing"
APPLICATION = """
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
app = DomainDispatcherApplication(create_backend_app)
"""
DRILL = "/usr/local/lib/jobfolio/restore_drill.py"
SETTINGS = "/etc/jobfolio/backup/drill.json"


@contextmanager
def stand_in(address: str, folder: Path) -> Iterator[None]:
    """Run what speaks S3, with a certificate that only ca.crt in the folder vouches for."""
    key, crt = folder / "s3.key", folder / "ca.crt"
    issue = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days=1"]
    names = ["-subj=/CN=stand-in", f"-addext=subjectAltName=IP:{address}", f"-keyout={key}", f"-out={crt}"]
    subprocess.run([*issue, *names], check=True, capture_output=True)
    (folder / "stand_in.py").write_text(APPLICATION)
    # moto's own server ends its connections as TLS does not allow, and pgBackRest refuses that.
    server = [str(Path(sys.executable).with_name("gunicorn")), "--worker-class=gthread", "--threads=8", "stand_in:app"]
    listen = [f"--bind={address}:{PORT}", f"--certfile={crt}", f"--keyfile={key}", "--keep-alive=75"]
    place = [f"--chdir={folder}", f"--control-socket={folder}/control"]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen([*server, *listen, *place], stdout=log, stderr=log) as process,
    ):
        try:
            for _ in range(300):
                with socket.socket() as knock:
                    if knock.connect_ex((address, PORT)) == 0:
                        break
                time.sleep(0.1)
            yield
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def gateway(fleet: Fleet) -> str:
    """This machine, as the fleet's hosts see it."""
    return fleet.address(fleet.hosts("db")[0]).rpartition(".")[0] + ".1"


@pytest.fixture(scope="module")
def s3(gateway: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, object]]]:
    """A bucket, and role backup's variable that names it."""
    folder = tmp_path_factory.mktemp("s3")
    with stand_in(gateway, folder):
        client = boto3.client(
            "s3",
            endpoint_url=f"https://{gateway}:{PORT}",
            verify=str(folder / "ca.crt"),
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
        )
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        where = {"bucket": BUCKET, "region": REGION, "endpoint": gateway, "port": PORT, "uri_style": "path"}
        yield client, where | {"ca_file": str(folder / "ca.crt"), "key": KEY, "key_secret": KEY}


def converge(fleet: Fleet, **given: object) -> PlaybookRun:
    return fleet.playbook("../molecule/postgres/converge", "--limit", "db,build", *variables(**given))


def drill(fleet: Fleet, **settings: object) -> dict[str, Any]:
    (host,) = fleet.hosts("build")
    changed = json.loads(fleet.run(host, f"cat {SETTINGS}")) | settings
    fleet.run(host, f"echo {shlex.quote(json.dumps(changed))} >/tmp/drill.json")
    found: dict[str, Any] = json.loads(fleet.on(host).run(f"{DRILL} /tmp/drill.json").stdout)
    return found


def test_a_second_repository_in_s3_takes_every_backup_encrypted_and_can_be_restored_from(
    fleet: Fleet, s3: tuple[Any, dict[str, object]]
) -> None:
    client, where = s3
    run = converge(fleet, backup_s3=where, backup_drill_repository=2)
    assert run.status == 0, run.output
    fleet.run(fleet.hosts("db")[0], "systemctl start jobfolio-backup-heartbeat.service")
    fleet.run(fleet.hosts("build")[0], "/usr/local/lib/jobfolio/backup full")
    assert {one["database"]["repo-key"] for one in info(fleet)["backup"]} == {1, 2}

    stored = [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert any(key.startswith("jobfolio/archive/") for key in stored)
    manifest = client.get_object(Bucket=BUCKET, Key="jobfolio/backup/jobfolio/backup.info")["Body"].read()
    assert manifest.startswith(b"Salted__")

    # This scenario has no application; everything else is in order, restored from the bucket alone.
    assert drill(fleet)["problems"] == ["it has no schema of the application"]


def test_a_wrong_key_is_refused_and_named(fleet: Fleet, s3: tuple[Any, dict[str, object]]) -> None:
    _, where = s3
    try:
        run = converge(fleet, backup_s3=where, backup_cipher_pass="another key than that of the repository")
        assert run.status != 0
        assert "is backup_cipher_pass the one" in run.words
    finally:
        back = converge(fleet, backup_s3=where)
    assert back.status == 0, back.output
