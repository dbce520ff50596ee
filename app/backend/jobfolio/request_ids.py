"""One ID a request, the same in the edge's log, in ours and in the answer."""

import re
from uuid import uuid4

from flask import Flask, Response, g, has_app_context, request

HEADER = "X-Request-ID"
# What comes from outside goes into logs: nothing but a plain ID is taken over.
PLAIN = re.compile(r"[\w-]{8,64}", re.ASCII)


def init_request_ids(app: Flask) -> None:
    """Give every request an ID, the edge's where it has one."""
    app.before_request(take_over)
    app.after_request(name_in_answer)


def take_over() -> None:
    """Take the ID from the request, or make one."""
    given = request.headers.get(HEADER, "")
    g.request_id = given if PLAIN.fullmatch(given) else str(uuid4())


def name_in_answer(response: Response) -> Response:
    """Tell the client by which ID its request is found."""
    response.headers[HEADER] = g.request_id
    return response


def current_request_id() -> str | None:
    """Give the ID of the request that is being answered, if any is."""
    request_id: str | None = g.get("request_id") if has_app_context() else None
    return request_id
