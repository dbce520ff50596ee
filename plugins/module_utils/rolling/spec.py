"""What a container shall be, written down in one of its own labels and compared with it later. No input or output."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

LABEL = "container.spec"

DEFAULTS: dict[str, Any] = {
    "pids_limit": 256,
    "stop_timeout": 30,
    "restart_policy": "unless-stopped",
    "read_only": True,
    "capabilities": [],
    "security_opts": ["no-new-privileges:true"],
    "labels": {},
}
MOUNT_DEFAULTS: dict[str, Any] = {"type": "bind", "read_only": True}
HEALTHCHECK_DEFAULTS: dict[str, Any] = {"interval": "10s", "timeout": "5s", "retries": 3, "start_period": "30s"}


def complete(spec: Mapping[str, Any], network: str) -> dict[str, Any]:
    """Return the description with every default filled in; what is None counts as not given.

    `files` is left out: their digests stand for them. `network` is joined where no networks are named.
    """
    given = {key: value for key, value in spec.items() if value is not None and key != "files"}
    whole = DEFAULTS | {"networks": [network]} | given
    whole["env"] = {key: str(value) for key, value in whole.get("env", {}).items()}
    whole["labels"] = {key: str(value) for key, value in whole["labels"].items()}
    whole["mounts"] = [MOUNT_DEFAULTS | mount for mount in whole.get("mounts", [])]
    if "healthcheck" in whole:
        whole["healthcheck"] = HEALTHCHECK_DEFAULTS | whole["healthcheck"]
    return whole


def file_digest(key: bytes, path: str, attributes: tuple[int, int, int], content: bytes) -> str:
    """Return a digest of a file (mode, uid, gid and content) that says nothing about it to whoever lacks the key.

    Labels are read by anything that may list containers, and a plain digest of a short secret can be guessed offline.
    """
    message = json.dumps([path, *attributes]).encode() + b"\0" + content
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:24]


def label(spec: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """Return the label's value: the complete description and the digests of its files, always in the same order.

    The name is left out: a container in slot b is the same as one in slot a.
    """
    described = {key: value for key, value in spec.items() if key != "name"}
    return json.dumps(described | {"files": dict(files)}, sort_keys=True, separators=(",", ":"))


def read_label(value: str | None) -> dict[str, Any]:
    """Return what a label says; nothing for a container that has none or another's."""
    try:
        said = json.loads(value or "")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def differences(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs between two descriptions, one level deep in dictionaries, as (before, after)."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key in sorted(now.keys() | wanted.keys()):
        old, new = now.get(key), wanted.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            old, new = differences(old, new)
        if key in now:
            before[key] = old
        if key in wanted:
            after[key] = new
    return before, after
