"""Asks the Docker Engine over its socket, and reduces its answers to what the roles use."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SOCKET = "/run/docker.sock"
# What an engine that leaves the address out means.
EVERYWHERE = "0.0.0.0"  # noqa: S104  read, not bound


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """The engine behind a socket. Its methods raise OSError or HTTPException where it does not answer."""

    def __init__(self, path: str = SOCKET, timeout: float = 10) -> None:
        """Open nothing yet; `timeout` is in seconds, for each answer."""
        self._connection = _SocketConnection(path, timeout)

    def get(self, path: str) -> Any:  # noqa: ANN401  JSON
        """Return the decoded answer to GET."""
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise http.client.HTTPException(f"GET {path}: {answer.status} {answer.reason}")
        return json.loads(body)


def read_engine(engine: Engine) -> dict[str, Any]:
    """Return what the engine runs and keeps."""
    info = engine.get("/info")
    return {
        "version": info["ServerVersion"],
        "data_root": info["DockerRootDir"],
        "live_restore": info["LiveRestoreEnabled"],
        "log_driver": info["LoggingDriver"],
        "containers": [reduce_container(item) for item in engine.get("/containers/json?all=1")],
        "networks": {
            item["Name"]: [pool["Subnet"] for pool in (item["IPAM"] or {}).get("Config") or []]
            for item in engine.get("/networks")
        },
        "volumes": {item["Name"]: item["Mountpoint"] for item in engine.get("/volumes")["Volumes"] or []},
        "image_digests": sorted(
            digest
            for item in engine.get("/images/json")
            for digest in item["RepoDigests"] or []
            if "<none>" not in digest
        ),
    }


def reduce_container(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return one entry of /containers/json in our words. Its environment and command are not among them."""
    published = {
        (port["Type"], port.get("IP") or EVERYWHERE, port["PublicPort"])
        for port in item["Ports"]
        if port.get("PublicPort")
    }
    status = item["Status"]
    health = next(
        (word for word in ("unhealthy", "healthy", "starting") if f"({word}" in status or f": {word}" in status), ""
    )
    return {
        "name": item["Names"][0].removeprefix("/") if item["Names"] else "",
        "id": item["Id"],
        "image": item["Image"],
        "image_id": item["ImageID"],
        "labels": item["Labels"] or {},
        "state": item["State"],
        "health": health,
        "networks": sorted((item.get("NetworkSettings") or {}).get("Networks") or {}),
        "ports": [{"proto": proto, "address": address, "port": port} for proto, address, port in sorted(published)],
        "volumes": sorted(mount["Name"] for mount in item["Mounts"] if mount["Type"] == "volume"),
    }
