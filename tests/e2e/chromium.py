"""Debian's Chromium in a home of its own, where the project's CA is imported as a person would do it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Playwright

EXECUTABLE = "/usr/bin/chromium"


def launch(
    playwright: Playwright, home: Path, resolver_rules: str, *, ca: Path | None, network: Path | None
) -> Browser:
    """Start Chromium headless.

    Args:
        playwright: the running driver
        home: empty folder for everything that Chromium keeps
        resolver_rules: see Site.resolver_rules
        ca: certificate authority to trust for web sites, beside those of the system
        network: file of the network namespace to run in; None for this machine's
    """
    if ca:
        _trust(home, ca)
    return playwright.chromium.launch(
        executable_path=_inside(network, home) if network else EXECUTABLE,
        # A container's /dev/shm is too small for Chromium. (Playwright itself turns the sandbox off, which root needs.)
        args=["--disable-dev-shm-usage", *([f"--host-resolver-rules={resolver_rules}"] if resolver_rules else [])],
        env={**os.environ, "HOME": str(home)},
    )


def _inside(network: Path, home: Path) -> Path:
    """Write a script that starts Chromium in a network namespace."""
    script = home / "chromium"
    script.write_text(f'#!/bin/sh\nexec nsenter --net={network} {EXECUTABLE} "$@"\n')
    script.chmod(0o700)
    return script


def _trust(home: Path, ca: Path) -> None:
    """Put a CA into the NSS database that Chromium reads on Linux, beside its own root store."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    certutil = ["certutil", "-d", f"sql:{database}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True)
    subprocess.run([*certutil, "-A", "-n", "jobfolio", "-t", "C,,", "-i", str(ca)], check=True)
