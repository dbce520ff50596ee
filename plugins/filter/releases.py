"""Which release runs, and which ones the schema allows, judged by the releases' files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# What an upgrade replaces; its containers are named SERVICE-a and SERVICE-b.
SERVICES = ("backend", "frontend")


def release_origin(
    containers: Mapping[str, Sequence[Mapping[str, Any]]], manifests: Sequence[Mapping[str, Any]], target: str
) -> dict[str, Any]:
    """Return the release that runs (``release``), and why an upgrade from it cannot begin (``problems``).

    Where some hosts have the target already, it is the release of the others; where all have, it is the target.

    Args:
        containers: By host, what runs there, as module host_facts tells it.
        manifests: The releases' files.
        target: The release that shall run.
    """
    running = [
        (host, service, str(container["image"]))
        for host, found in containers.items()
        for container in found
        if container["state"] == "running" and (service := container["name"].rpartition("-")[0]) in SERVICES
    ]
    if not running:
        return {"release": "", "problems": ["Nothing runs that could be upgraded; deploy first: playbooks/deploy.yml."]}
    by_name = {str(manifest["release"]): manifest["images"] for manifest in manifests}
    left = [one for one in running if not _is_of(by_name.get(target, {}), *one[1:])]
    if not left:
        return {"release": target, "problems": []}
    origins = [name for name, images in by_name.items() if all(_is_of(images, *one[1:]) for one in left)]
    if origins:
        return {"release": max(origins, key=_order), "problems": []}
    strangers = ", ".join(
        f"{host} ({image})"
        for host, service, image in left
        if not any(_is_of(images, service, image) for images in by_name.values())
    )
    return {
        "release": "",
        "problems": [
            f"No release's file here names what runs on {strangers}: without it there is no way back. Deploy a release"
            " first: playbooks/deploy.yml."
            if strangers
            else f"Other hosts than those of {target} run more than one release. Bring them to one first:"
            " playbooks/deploy.yml."
        ],
    }


def release_obstacle(target: Mapping[str, Any], revision: str, manifests: Sequence[Mapping[str, Any]]) -> str:
    """Return why a release cannot run on the schema as it is, in one sentence; nothing where it can.

    A schema that is behind the release is none of this: migrations bring it forward. One that is ahead is in the way
    if a contract was applied that the release does not know.

    Args:
        target: The release's file.
        revision: Where the schema is; empty where no migration has run.
        manifests: The files of all releases.
    """
    reason = _reason(target, revision, manifests)
    if not reason:
        return ""
    others = sorted(
        {str(one["release"]) for one in manifests if not _reason(one, revision, manifests)} - {str(target["release"])},
        key=_order,
    )
    return (
        f"Release {target['release']} does not work on this schema: {reason}."
        f" {'These do: ' + ', '.join(others) if others else 'No release whose file is here does'}."
    )


def images_to_remove(
    docker: Mapping[str, Any], manifests: Sequence[Mapping[str, Any]], release: str, keep: int, registry: str
) -> list[str]:
    """Return the images on a host that nobody will go back to: neither in use, nor of a release that is kept.

    Kept are the release, those before it, as many as `keep` says, and those after it, which an upgrade may be tried to
    again. Only images of what an upgrade replaces are meant.

    Args:
        docker: What the host has, as module host_facts tells it.
        manifests: The releases' files.
        release: The release that runs.
        keep: How many before it.
        registry: Address of the registry.
    """
    before = sorted((one for one in manifests if _order(one["release"]) < _order(release)), key=_manifest_order)
    gone = before[: max(0, len(before) - keep)]
    kept = {f"{registry}/{one['images'][service]}" for one in manifests if one not in gone for service in SERVICES} | {
        container["image"] for container in docker["containers"]
    }
    ours = {reference.partition("@")[0] for reference in kept if reference.partition("/")[0] == registry}
    ours = {name for name in ours if name.rpartition("/")[2] in SERVICES}
    return sorted(one for one in docker["image_digests"] if one.partition("@")[0] in ours and one not in kept)


def _reason(target: Mapping[str, Any], revision: str, manifests: Sequence[Mapping[str, Any]]) -> str:
    known = _history(target)
    if not revision or revision in known:
        return ""
    for other in manifests:
        history = _history(other)
        if revision in history and known[0] in history:
            since = history[history.index(revision) : history.index(known[0])]
            # A file from before contracts were listed is taken at its worst.
            taken = [one for one in since if one in other["schema"].get("contracts", since)]
            return f"{', '.join(taken)}, applied since, took away what it needs" if taken else ""
    return f"no release's file here knows its revision {revision}"


def _history(manifest: Mapping[str, Any]) -> list[str]:
    return [*manifest["schema"]["works_on"], *manifest["schema"]["older"]]


def _is_of(images: Mapping[str, str], service: str, image: str) -> bool:
    return service in images and image.endswith(f"/{images[service]}")


def _manifest_order(manifest: Mapping[str, Any]) -> list[tuple[int, str]]:
    return _order(str(manifest["release"]))


def _order(release: str) -> list[tuple[int, str]]:
    return [(int(part) if part.isdigit() else -1, part) for part in release.split(".")]


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {
            "release_origin": release_origin,
            "release_obstacle": release_obstacle,
            "images_to_remove": images_to_remove,
        }
