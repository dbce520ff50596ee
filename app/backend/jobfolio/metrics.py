"""Prometheus metrics, summed over the server's processes, on a port of their own."""

import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Gauge, Histogram, make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import Engine, event

DURATION = Histogram(
    "jobfolio_request_duration_seconds",
    "Time to answer a request, by route and status; the count is the number of requests.",
    ["method", "route", "status"],
)
CONNECTIONS = Gauge(
    "jobfolio_database_connections_in_use", "Connections that requests hold at the moment.", multiprocess_mode="livesum"
)
RELEASE = Gauge("jobfolio_release_info", "The release that runs.", ["release"], multiprocess_mode="livemax")


def init_metrics(app: Flask, engine: Engine) -> None:
    """Measure every request and the database's connections."""
    app.before_request(start_clock)
    app.after_request(observe)
    event.listen(engine, "checkout", lambda *_: CONNECTIONS.inc())
    event.listen(engine, "checkin", lambda *_: CONNECTIONS.dec())


def start_clock() -> None:
    """Note when a request came."""
    g.began = time.perf_counter()


def observe(response: Response) -> Response:
    """Count an answer under its route, never under its path, of which there are endless ones."""
    route = request.url_rule.rule if request.url_rule else "none"
    DURATION.labels(request.method, route, response.status_code).observe(time.perf_counter() - g.began)
    return response


class MetricsPort:
    """Answers /metrics on one port and nothing else there; on every other port the application answers."""

    def __init__(self, application: WSGIApplication, port: int, release: str) -> None:
        self._application, self._port, self._release = application, str(port), release

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (WSGI)."""
        if environ["SERVER_PORT"] != self._port:
            return self._application(environ, start_response)
        if environ["PATH_INFO"] != "/metrics":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"There is nothing here but /metrics.\n"]
        RELEASE.labels(self._release).set(1)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # its registry is told of it
        answer: Iterable[bytes] = make_wsgi_app(registry)(environ, start_response)
        return answer
