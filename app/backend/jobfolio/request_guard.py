"""Keep other sites from acting in a signed-in person's name (CSRF)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import current_app, request

from .problems import ProblemError

View = TypeVar("View", bound=Callable[..., Any])
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def refuse_foreign_requests() -> None:
    """Refuse a change that the browser says another origin asked for.

    Three layers: the session cookie is SameSite=Strict; the content type of a body (JSON, or a file's octets) cannot be
    sent across origins without a preflight, which is never granted here; and browsers name the origin themselves:
    Sec-Fetch-Site, or Origin in those too old for it (OWASP's CSRF cheat sheet, "Fetch Metadata"). No token, hence
    nothing to keep or leak; signing up and in are covered as well, where no session could hold one. A client that sends
    neither header is no browser.
    """
    if request.method not in UNSAFE or request.url_rule is None:
        return
    if is_cross_origin(
        request.headers.get("Sec-Fetch-Site"),
        request.headers.get("Origin"),
        request.host,
    ):
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "cross-origin",
            "Changes are accepted from this site's own pages only.",
        )
    view = current_app.view_functions[request.url_rule.endpoint]
    wanted = "application/octet-stream" if hasattr(view, "takes_files") else "application/json"
    if request.method != "DELETE" and request.mimetype != wanted:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "content-type",
            f"Send the body with Content-Type: {wanted}.",
        )


def takes_files(view: View) -> View:
    """Mark a view whose body is a file, as it is."""
    view.__dict__["takes_files"] = True
    return view


def is_cross_origin(fetch_site: str | None, origin: str | None, host: str) -> bool:
    """Tell whether a browser made a request on behalf of another origin."""
    if fetch_site is not None:
        return fetch_site not in {"same-origin", "none"}
    return origin is not None and urlsplit(origin).netloc != host
