"""What a fleet is at: releases, schema, slots, lease and journal, in one structure, and as lines for the terminal."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

# On a controller, plugins find the project's own Python only so.
sys.path.append(str(Path(__file__).parents[1] / "module_utils"))

from backup.info import read
from backup.judge import archive_problems, drills, judgement
from cryptography.x509 import load_pem_x509_certificate
from rolling.haproxy import read_stat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

# By service, the edge's name for its servers, where it has some.
SERVICES = {"postgres": "", "backup": "", "backend": "be_backend", "frontend": "be_frontend", "edge": ""}
# What runs from another service's image.
IMAGES = {"backup": "postgres"}


# What is too old for anybody to rest on it; whoever migrates says himself how old it may be (role backup).
FRESH_HOURS, DRILL_FRESH_HOURS = 26, 170
# Of a disk, what is to be free for it not to be remarked.
FREE_SHARE = 0.1
# The lease where nobody could be asked.
NOT_KNOWN: Mapping[str, Any] = {"number": 0, "released": False, "held": False}


def fleet_status(
    looks: Mapping[str, Mapping[str, Any]],
    *,
    manifests: Sequence[Mapping[str, Any]],
    revision: str,
    stats: Mapping[str, str],
    operation: Mapping[str, Any],
    journal: int = 10,
    backup: Sequence[str] = (),
    certificates: Mapping[str, str] | None = None,
    silence: str = "",
    archive: str = "",
) -> dict[str, Any]:
    """Return what a fleet is at.

    Args:
        looks: By host, what module host_facts told, or that it could not be reached.
        manifests: The releases' files.
        revision: Where the schema is; empty where no migration has run.
        stats: By edge, the CSV of its statistics.
        operation: What module operation told of lease and journal, or that their host could not be reached.
        journal: How many of the newest entries are told.
        backup: What role backup was told of the repositories, and of the last drills; nothing where they do not answer.
        certificates: By file, those of the controller, as PEM.
        silence: What to say of a database that does not answer; nothing where it does.
        archive: How PostgreSQL's archive fares, as JSON of what backup.judge.archive_problems takes.
    """
    now = time.time()
    saved = _backup(backup, now) if backup else {}
    silent = {host: str(look["msg"]) for host, look in looks.items() if look.get("unreachable")}
    facts = {host: look["ansible_facts"]["host"] for host, look in looks.items() if host not in silent}
    services = [
        _service(host, container, manifests, stats)
        for host, found in facts.items()
        for container in sorted(found["docker"]["containers"], key=lambda one: str(one["name"]))
        if _kind(container) in SERVICES
    ]
    serving = sorted({one["release"] for one in services if one["service"] == "backend" and one["state"] == "running"})
    lease = operation.get("lease", NOT_KNOWN)
    return {
        "services": services,
        "schema": {"revision": revision, "state": "not known" if silence else _schema(revision, manifests, serving)},
        "lease": None if lease is NOT_KNOWN else lease if lease["number"] and not lease["released"] else {},
        "journal": [_entry(entry) for entry in operation.get("entries", [])[-journal:]],
        "backup": saved,
        "remarks": [
            *(f"{host} cannot be reached: {' '.join(said.split())}" for host, said in silent.items()),
            *[silence] * bool(silence),
            *_remarks(services, serving, lease, [host for host, found in facts.items() if found["reboot_required"]]),
            *_overdue(certificates or {}, now),
            *_short({host: found["disks"] for host, found in facts.items()}),
            *(archive_problems(json.loads(archive)) if archive else []),
            *saved.pop("remarks", []),
        ],
    }


def status_lines(status: Mapping[str, Any]) -> list[str]:
    """Return it for the terminal."""
    columns = ("host", "name", "release", "state", "edges")
    table = _table([columns, *(tuple(one[key] for key in columns) for one in status["services"])])
    schema, lease = status["schema"], status["lease"]
    at = f" at {schema['revision']}" if schema["revision"] else ""
    told = [*table, "", f"Schema{at}: {schema['state']}."]
    nobody = "not known, as its host cannot be reached." if lease is None else "nobody works on the fleet."
    told.append(f"Lease: {_holder(lease) if lease else nobody}")
    told += [f"Backup: {one['told']}" for one in [status.get("backup")] if one]
    told += ["", "Journal:", *(f"  {entry['at']}  {entry['event']}" for entry in status["journal"])] * bool(
        status["journal"]
    )
    return told + ["", *status["remarks"]] * bool(status["remarks"])


def _kind(container: Mapping[str, Any]) -> str:
    name = str(container["name"])
    return name.removesuffix("-a").removesuffix("-b")


def _service(
    host: str, container: Mapping[str, Any], manifests: Sequence[Mapping[str, Any]], stats: Mapping[str, str]
) -> dict[str, Any]:
    service, image = _kind(container), str(container["image"])
    releases = [
        str(one["release"])
        for one in manifests
        if image.endswith(f"/{one['images'].get(IMAGES.get(service, service))}")
    ]
    server = f"{host}-{str(container['name'])[-1]}"
    seen = {
        edge: found[server].status
        for edge, text in stats.items()
        if server in (found := read_stat(text, SERVICES[service]))
    }
    return {
        "host": host,
        "service": service,
        "name": container["name"],
        "release": " or ".join(sorted(releases)) or "unknown",
        "image": image,
        "state": container["state"],
        "health": container["health"],
        "edges": ", ".join(f"{edge}: {told}" for edge, told in seen.items()),
    }


def _schema(revision: str, manifests: Sequence[Mapping[str, Any]], serving: Sequence[str]) -> str:
    if not revision:
        return "no migration has run"
    of = [one for one in manifests if str(one["release"]) in serving]
    ends = [one for one in manifests if revision in one["schema"]["works_on"]]
    if not ends:
        older = [str(one["release"]) for one in manifests if revision in one["schema"]["older"]]
        return f"behind {', '.join(older)}" if older else "no release's file here knows it"
    for one in of or ends:
        works_on = one["schema"]["works_on"]
        if revision in works_on[1:]:
            return (
                f"expanded for {one['release']}, its contract {', '.join(works_on[: works_on.index(revision)])} waits"
            )
    if any(one in ends for one in of):
        return f"what {', '.join(serving)} was made for"
    return f"expanded for {', '.join(str(one['release']) for one in ends)}"


def _remarks(
    services: Sequence[Mapping[str, Any]], serving: Sequence[str], lease: Mapping[str, Any], reboots: Sequence[str]
) -> list[str]:
    remarks = [
        f"{one['name']} on {one['host']} runs an image of no release whose file is here: {one['image']}."
        for one in services
        if one["release"] == "unknown"
    ]
    remarks += [
        f"{one['name']} on {one['host']} is {one['health']}: docker logs {one['name']} there."
        for one in services
        if one["health"] == "unhealthy"
    ]
    # Of two slots, one that is stopped is on its way in or out.
    running = {(one["host"], one["service"]) for one in services if one["state"] == "running"}
    remarks += [
        f"{one['name']} on {one['host']} is {one['state']}: docker logs {one['name']} there says why,"
        " playbooks/deploy.yml starts it."
        for one in services
        if (one["host"], one["service"]) not in running
    ]
    if len(serving) > 1:
        remarks.append(f"Backends run more than one release: {', '.join(serving)}.")
    if lease["number"] and not lease["released"] and not lease["held"]:
        remarks.append(f'{lease["owner"]} never said how "{lease["purpose"]}" ended; was it killed?')
    if reboots:
        remarks.append(f"Security updates wait for a restart of {', '.join(reboots)}: playbooks/reboot.yml.")
    return remarks


def _overdue(certificates: Mapping[str, str], now: float) -> Iterator[str]:
    """Yield which certificates were to be renewed a while ago: role certificates does it when a third is left.

    Those that another authority issued than the project's are the operator's to renew.
    """
    loaded = {name: load_pem_x509_certificate(pem.encode()) for name, pem in certificates.items()}
    authority = loaded["ca.crt"].subject if "ca.crt" in loaded else None
    for name, certificate in loaded.items():
        end = certificate.not_valid_after_utc.timestamp()
        if end - now < (end - certificate.not_valid_before_utc.timestamp()) / 4:
            timer = "does the timer of renew_certificates.yml run?"
            todo = timer if certificate.issuer == authority else "put its successor there, and run deploy.yml."
            yield f"{name} ends at {_moment(end)} and is not renewed: {todo}"


def _short(disks: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterator[str]:
    """Yield which disks have little room left."""
    for host, found in disks.items():
        # Two paths on one disk are told once.
        for path, disk in {tuple(disk.values()): (path, disk) for path, disk in found.items()}.values():
            if disk["free"] < FREE_SHARE * disk["total"]:
                free = f"{disk['free'] >> 20:,} of {disk['total'] >> 20:,} MiB"
                yield f"The disk with {path} on {host} has only {free} free: docs/operations.md says how to make room."


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"at": _moment(entry["time"]), "event": entry["event"], "details": entry["details"]}


def _backup(told: Sequence[str], now: float) -> dict[str, Any]:
    """Return what the repositories hold, what the last drill found, and what is wrong with both."""
    state, drilled = read(told[0]), drills(told[1:])
    found = asdict(state) | {"last": asdict(state.last) if state.last else {}}
    judged = judgement(found, drilled, now, hours=FRESH_HOURS, drill_hours=DRILL_FRESH_HOURS)
    words = []
    if state.last:
        words.append(
            f"{state.last.label}, {(now - state.last.ended) / 3600:.1f} hours old, {len(state.backups)} are kept"
        )
    if drilled:
        ended = "failed" if drilled[-1]["problems"] else f"passed in {drilled[-1]['seconds']:.0f} s"
        words.append(f"last drill {_moment(drilled[-1]['at'])} {ended}")
    return {
        "last": found["last"],
        "newest_log": state.newest_log,
        "drill": drilled[-1] if drilled else {},
        "told": "; ".join(words) or "none",
        "remarks": judged["problems"] + [f"{said[0].upper()}{said[1:]}" for said in judged["warnings"]],
    }


def _holder(lease: Mapping[str, Any]) -> str:
    until = "until" if lease["held"] else "ended"
    times = f"since {_moment(lease['taken'])}, {until} {_moment(lease['expires'])}"
    return f"number {lease['number']}, {lease['owner']}, {lease['purpose']}, {times}"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {"fleet_status": fleet_status, "status_lines": status_lines}
