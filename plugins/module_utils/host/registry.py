"""Asks a registry whether it holds an image (OCI Distribution Specification, "Checking if content exists")."""

from __future__ import annotations

import http.client
import re
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

REFERENCE = re.compile(r"(?P<registry>[^/]+)/(?P<name>[^@]+)@(?P<digest>sha256:[0-9a-f]{64})\Z")

# What an image's manifest may be; a registry answers 404 for what the asker does not accept.
MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)


def find_images(references: Sequence[str], held: Collection[str], authority: str, timeout: float) -> dict[str, str]:
    """Return for each reference where it is: `host`, `registry`, `missing`, or why that cannot be told.

    `held` are the references that the host's engine has; for those no registry is asked. `authority` is the CA in PEM
    that the registry's certificate must come from; without it, the host's own trust store decides. `timeout` is in
    seconds, for each registry that does not answer.
    """
    context = ssl.create_default_context(cadata=authority or None)
    found: dict[str, str] = {}
    silent: dict[str, str] = {}
    for reference in references:
        parts = REFERENCE.match(reference)
        if reference in held:
            found[reference] = "host"
        elif parts is None:
            found[reference] = "it is not of the form REGISTRY/NAME@sha256:DIGEST"
        elif parts["registry"] in silent:
            found[reference] = silent[parts["registry"]]
        else:
            try:
                found[reference] = _ask(parts["registry"], parts["name"], parts["digest"], context, timeout)
            except (OSError, http.client.HTTPException) as error:
                found[reference] = silent[parts["registry"]] = str(error) or type(error).__name__
    return found


def _ask(registry: str, name: str, digest: str, context: ssl.SSLContext, timeout: float) -> str:
    connection = http.client.HTTPSConnection(registry, timeout=timeout, context=context)
    try:
        connection.request("HEAD", f"/v2/{name}/manifests/{digest}", headers={"Accept": ", ".join(MANIFESTS)})
        status = connection.getresponse().status
    finally:
        connection.close()
    if status == http.client.OK:
        return "registry"
    return "missing" if status == http.client.NOT_FOUND else f"it answers with HTTP status {status}"
