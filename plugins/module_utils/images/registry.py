"""Ask a registry for digests, by its HTTP API (OCI Distribution Specification 1.1, "Pulling manifests")."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)
"""What an image's manifest may be; a registry answers 404 for what the asker does not accept."""


class UnreachableError(OSError):
    """The registry did not answer as a registry does."""


def connect(address: str, ca: Path, timeout: float = 5.0) -> http.client.HTTPSConnection:
    """Return a connection to a registry whose certificate the given authority has signed.

    Args:
        address: HOST:PORT.
        ca: File with the authority's certificate.
        timeout: Seconds for each answer.

    Raises:
        UnreachableError: The authority's certificate cannot be read.
    """
    try:
        return http.client.HTTPSConnection(address, timeout=timeout, context=ssl.create_default_context(cafile=str(ca)))
    except OSError as error:
        raise UnreachableError(f"the certificate of the authority, {ca}, cannot be read ({error})") from error


def digest(connection: http.client.HTTPSConnection, repository: str, tag: str) -> str | None:
    """Return the digest that a tag stands for, None where the registry has no such tag.

    Raises:
        UnreachableError: It does not answer, or neither with the tag nor with its absence.
    """
    try:
        connection.request("HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": ", ".join(MANIFESTS)})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"registry {connection.host}:{connection.port} does not answer ({error})") from error
    if answer.status == http.HTTPStatus.NOT_FOUND:
        return None
    found = answer.getheader("Docker-Content-Digest")
    if answer.status != http.HTTPStatus.OK or not found:
        raise UnreachableError(f"registry {connection.host}:{connection.port} answers with status {answer.status}")
    return found
