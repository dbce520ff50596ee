"""What the platform asks: alive, ready, which version."""

from http import HTTPStatus
from typing import Any

from apiflask import APIBlueprint
from flask import current_app

from .readiness import SchemaGate

health = APIBlueprint("health", __name__, enable_openapi=False)


def schema_gate() -> SchemaGate:
    """Give the gate that create_app made."""
    gate: SchemaGate = current_app.extensions["schema_gate"]
    return gate


@health.get("/livez")
def livez() -> dict[str, str]:
    """Answer while the process serves at all: restarting it would mend nothing else."""
    return {"status": "alive"}


@health.get("/readyz")
def readyz() -> tuple[dict[str, Any], HTTPStatus]:
    """Answer 200 where requests may be sent here, 503 with the reason where not."""
    found = schema_gate().check()
    return {
        "status": "ready" if found.ready else "unready",
        "reason": found.reason,
        "schema": {
            "required": found.required,
            "current": found.current,
            "state": found.state,
        },
    }, HTTPStatus.OK if found.ready else HTTPStatus.SERVICE_UNAVAILABLE


@health.get("/version")
def version() -> dict[str, str]:
    """Name the release and the newest revision of the schema that it knows."""
    return {
        "release": current_app.config["RELEASE"],
        "schema_head": schema_gate().head,
    }
