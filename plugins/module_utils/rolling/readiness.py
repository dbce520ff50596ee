"""Whether a new container will serve: asked of its readiness endpoint, judged together with what Docker says."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

# A container that ended and was started again once may have met a passing fault; twice is a crash loop.
RESTARTS_TOLERATED = 1
ANSWER_SHOWN = 300


@dataclass(frozen=True)
class Answer:
    """What the readiness endpoint said: its status, 0 where nobody answered, and its words."""

    status: int
    text: str

    @property
    def ready(self) -> bool:
        """Whether requests may come."""
        return self.status == HTTPStatus.OK

    def __str__(self) -> str:
        return f"{self.status} {self.text}".strip() if self.status else self.text


def ask(address: str, port: int, path: str, timeout: float = 3.0) -> Answer:
    """Ask a readiness endpoint once."""
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        response = connection.getresponse()
        text = response.read(ANSWER_SHOWN).decode(errors="replace").strip()
        return Answer(response.status, text)
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"no answer ({error})")
    finally:
        connection.close()


def health(inspected: Mapping[str, Any]) -> Answer:
    """Return Docker's own health check as an answer, for a container without a readiness endpoint.

    Without a health check either, running is all there is to know.
    """
    state = inspected["State"]
    check = state.get("Health")
    if not check:
        return Answer(HTTPStatus.OK if state["Running"] else HTTPStatus.SERVICE_UNAVAILABLE, str(state.get("Status")))
    said = check.get("Log") or [{}]
    text = f"{check['Status']}: {str(said[-1].get('Output', '')).strip()[:ANSWER_SHOWN]}"
    return Answer(HTTPStatus.OK if check["Status"] == "healthy" else HTTPStatus.SERVICE_UNAVAILABLE, text)


def checks(inspected: Mapping[str, Any]) -> Sequence[str]:
    """Return the command of a container's health check where Docker has not come to a result yet, else nothing.

    Docker runs it for the first time an interval after the start, whenever the container gets ready.
    """
    state = inspected["State"]
    if not state["Running"] or (state.get("Health") or {}).get("Status") != "starting":
        return []
    kind, *words = (inspected["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
    return {"CMD": words, "CMD-SHELL": ["/bin/sh", "-c", *words]}.get(kind, [])


def hopeless(inspected: Mapping[str, Any] | None) -> str | None:
    """Return why there is no point in waiting for a container any longer, None while there is."""
    if inspected is None:
        return "it is not there any more"
    state = inspected["State"]
    restarts = int(inspected.get("RestartCount", 0))
    if restarts > RESTARTS_TOLERATED:
        return f"it ended and was started again {restarts} times, last with exit code {state['ExitCode']}"
    if not state["Running"] and not state.get("Restarting"):
        reason = " (killed for want of memory)" if state.get("OOMKilled") else ""
        return f"it ended with exit code {state['ExitCode']}{reason}"
    return None
