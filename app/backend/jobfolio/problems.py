"""Answers to requests that cannot be served, as problem details (RFC 9457)."""

import logging
from http import HTTPStatus
from typing import Any, NoReturn

from apiflask import APIFlask, HTTPError
from flask import Request, Response, json
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = logging.getLogger(__name__)


class ProblemError(HTTPError):
    """A refusal with a type of its own.

    `kind` ends the type URN (listed in docs/development.md), `message` is one sentence for people.
    """

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        message: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(
            status,
            message=message,
            headers=headers,
            extra_data={"type": f"urn:jobfolio:problem:{kind}"},
        )


class ProblemRequest(Request):
    """A request whose unreadable JSON is told apart from other bad requests."""

    def get_json(self, **how: Any) -> Any:  # type: ignore[override]  # noqa: ANN401 - whatever JSON holds
        """Refuse null, which APIFlask would take for an empty object."""
        if (value := super().get_json(**how)) is None:
            raise HTTPError(HTTPStatus.UNPROCESSABLE_ENTITY, detail={"json": {"_schema": ["Send an object."]}})
        return value

    def on_json_loading_failed(self, _error: ValueError | None) -> NoReturn:
        """Refuse JSON that does not parse (Flask's hook)."""
        raise malformed_json()


def malformed_json() -> ProblemError:
    """Say that the body is not JSON."""
    return ProblemError(
        HTTPStatus.BAD_REQUEST,
        "malformed-json",
        "The request's body is not valid JSON.",
    )


def invalid(member: str, message: str) -> HTTPError:
    """Say that one member of an otherwise sound request does not fit what is stored."""
    return HTTPError(HTTPStatus.UNPROCESSABLE_ENTITY, detail={"json": {member: [message]}})


def init_problems(app: APIFlask) -> None:
    """Make every error of the application a problem answer."""
    app.request_class = ProblemRequest
    app.error_processor(problem_answer)
    # Brackets nested thousands deep exhaust the parser's stack instead of failing to parse.
    app.register_error_handler(RecursionError, lambda _: problem_answer(malformed_json()))
    app.register_error_handler(OperationalError, database_unavailable)
    app.register_error_handler(PoolTimeout, database_unavailable)


def database_unavailable(error: Exception) -> Response:
    """Ask to come back later, and leave the cause in the log alone."""
    log.error("database unavailable: %s", error)
    return problem_answer(
        ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "database-unavailable",
            "The database does not answer; try again in a moment.",
            {"Retry-After": "2"},
        )
    )


def problem_answer(error: HTTPError) -> Response:
    """Render an error as application/problem+json."""
    status = HTTPStatus(error.status_code)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
    }
    if isinstance(error, ProblemError):
        body |= {**error.extra_data, "detail": error.message}
    elif status is HTTPStatus.UNPROCESSABLE_ENTITY:
        body |= {
            "type": "urn:jobfolio:problem:validation",
            "detail": "The request does not fit its description.",
            "errors": pointed_errors(error.detail),
        }
    else:
        body["detail"] = f"{status.description or status.phrase}."
    return Response(
        json.dumps(body),
        status.value,
        headers=dict(error.headers),
        content_type="application/problem+json",
    )


def pointed_errors(found: dict[str, dict[str, list[str]]]) -> list[dict[str, str]]:
    """Turn APIFlask's findings (location → member → messages) into RFC 9457's errors with JSON pointers."""
    return [
        {
            "pointer": "#" if member == "_schema" else f"#/{member.replace('.', '/')}",
            "detail": message,
        }
        for members in found.values()
        for member, messages in members.items()
        for message in messages
    ]
