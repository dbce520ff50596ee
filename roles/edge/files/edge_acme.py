"""Gets the edge's certificate from an ACME server (RFC 8555), and has the running HAProxy serve it.

`edge_acme.py issue SETTINGS` gets one where there is none for these names yet, `renew` also where less than a third of
its life is left, and `look` says what `issue` would do. What was changed is printed, and nothing where all is as it
shall be. An ACME server or an HAProxy that refuses leaves what serves as it is.

Whoever runs this answers no challenge: every edge's HAProxy does, from the thumbprint of the account's key.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

# Beside this file on the host; in the repository it is in plugins/module_utils.
from rolling.certificate import serve, serves
from rolling.runtime import CommandError

PATIENCE = 300
"""Seconds that an ACME server has for an order."""


class RefusedError(Exception):
    """No certificate was to be had, or HAProxy does not take it. The message is one sentence with its remedy."""


@dataclass(frozen=True)
class Settings:
    """What role edge wrote down; its argument_specs say what of it means what."""

    directory: str
    email: str
    names: list[str]
    account_key: str
    directory_ca: str
    """File with the CA that vouches for the directory; empty where the system's do."""
    folder: str
    """Where certificates are kept with their keys."""
    served: str
    """The file that HAProxy reads when it starts."""
    served_inside: str
    """Its path as HAProxy sees it."""
    socket: str

    @property
    def kept(self) -> Path:
        """File with chain and key. Another server or other names make another one."""
        wanted = json.dumps([self.directory, self.names])
        return Path(self.folder) / f"{hashlib.sha256(wanted.encode()).hexdigest()[:16]}.pem"


def is_due(certificate: Path, now: float) -> bool:
    """Return whether less than a third of a certificate's life is left."""
    said = subprocess.run(
        ["/usr/bin/openssl", "x509", "-noout", "-startdate", "-enddate", "-in", certificate],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    begin, end = (ssl.cert_time_to_seconds(line.partition("=")[2]) for line in said.splitlines())
    return end - now < (end - begin) / 3


def reason(said: str) -> str:
    """Return why lego gave up: what it says behind its last time stamp, as one line."""
    return " ".join(re.split(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", said, flags=re.MULTILINE)[-1].split())


def write(path: Path, content: str) -> None:
    """Write a secret, whole or not at all, for the owner of its folder alone."""
    new = path.with_name(f".{path.name}")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        file.write(content)
    owner = path.parent.stat()
    os.chown(new, owner.st_uid, owner.st_gid)
    new.replace(path)


def obtain(settings: Settings) -> None:
    """Order a certificate under a new key, and keep both. lego keeps nothing: it finds its account by the key."""
    with tempfile.TemporaryDirectory(dir=settings.folder) as work:
        keys = Path(work, "accounts", urlsplit(settings.directory).netloc.replace(":", "_"), settings.email, "keys")
        keys.mkdir(parents=True)
        shutil.copy(settings.account_key, keys / f"{settings.email}.key")
        command = ["/usr/bin/lego", "--path", work, "--server", settings.directory, "--email", settings.email]
        # It wants to lay the answer to the challenge somewhere. Nobody reads it there.
        command += ["--accept-tos", "--http", "--http.webroot", work, "--pem"]
        command += [f"--domains={name}" for name in settings.names]
        trust = {"LEGO_CA_CERTIFICATES": settings.directory_ca} if settings.directory_ca else {}
        try:
            run = subprocess.run(
                [*command, "run"], check=False, capture_output=True, text=True, timeout=PATIENCE, env=os.environ | trust
            )
            why = (reason(run.stderr) or "lego does not say why") if run.returncode else ""
        except subprocess.TimeoutExpired:
            why = f"it did not come to an end within {PATIENCE} s"
        if why:
            raise RefusedError(
                f"No certificate for {', '.join(settings.names)} from {settings.directory} ({why}), so the edge goes "
                "on serving the one that it has; see that each name leads to the edges, that everybody reaches their "
                "port 80 and this host that address, then run deploy.yml or, here, systemctl start edge-acme."
            )
        (pem,) = Path(work, "certificates").glob("*.pem")
        write(settings.kept, pem.read_text())
    for former in Path(settings.folder).glob("*.pem"):
        if former != settings.kept:
            former.unlink()


def install(settings: Settings, pem: str) -> None:
    """Have HAProxy take a certificate for new connections, then write it for its next start.

    In this order, so that what it refuses never lands.
    """
    try:
        if not serves(settings.socket, settings.served_inside, pem):
            serve(settings.socket, settings.served_inside, pem)
    except CommandError as error:
        raise RefusedError(
            f"HAProxy refuses the new certificate ({error}), so the edge goes on serving the one "
            "that it has; run deploy.yml, which makes its configuration anew."
        ) from error
    write(Path(settings.served), pem)


def bring(settings: Settings, action: str) -> str:
    """Do what the action says; return what was done, in look mode what would be."""
    names = ", ".join(settings.names)
    done = ""
    if not settings.kept.exists() or (action == "renew" and is_due(settings.kept, time.time())):
        done = f"A certificate for {names} comes from {settings.directory}."
        if action == "look":
            return done
        obtain(settings)
    pem = settings.kept.read_text()
    if serves(settings.socket, settings.served_inside, pem) and Path(settings.served).read_text() == pem:
        return done
    if action != "look":
        install(settings, pem)
    return done or f"The edge serves the certificate for {names} from {settings.directory}."


def main() -> None:
    """Run, one at a time: a deploy waits for the timer's."""
    action, path = sys.argv[1:]
    settings = Settings(**json.loads(Path(path).read_text()))
    fcntl.flock(os.open(settings.folder, os.O_RDONLY), fcntl.LOCK_EX)
    try:
        if done := bring(settings, action):
            sys.stdout.write(f"{done}\n")
    except RefusedError as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
