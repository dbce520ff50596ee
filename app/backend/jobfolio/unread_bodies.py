"""Read what a request still has to say once it was answered, so that the next one on its connection is heard."""

from flask import Flask, Response, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

CHUNK = 64 * 1024  # bytes


def init_unread_bodies(app: Flask) -> None:
    """Leave no body unread.

    gunicorn (27.0, Parser.finish_body) skips 64 KiB of what is left. Where more is, it closes the connection, although
    its answer said keep-alive, and whoever sends the next request on it gets no answer.
    """
    app.after_request(read_the_rest)


def read_the_rest(response: Response) -> Response:
    """Read the body to its end, however early it was refused; its length has a limit."""
    try:
        while request.stream.read(CHUNK):
            pass
    except (ClientDisconnected, RequestEntityTooLarge):
        # Nobody listens any more; or it is far longer than what the edge lets pass, and the connection may close.
        pass
    return response
