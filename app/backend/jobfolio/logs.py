"""Logs of the server: one JSON object a line, each with the ID of the request that it belongs to."""

import json
import logging
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.http.message import Request
from gunicorn.http.wsgi import Response

from .request_ids import HEADER, current_request_id

PROBES = {"/livez", "/readyz", "/metrics"}


class JsonFormatter(logging.Formatter):
    """Everything that is no request: what the server and the application say."""

    def format(self, record: logging.LogRecord) -> str:
        """Render a record (logging's hook)."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": current_request_id(),
            "exception": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return json.dumps({name: value for name, value in entry.items() if value is not None})


class JsonLogger(Logger):
    """Logs of a request its path, not the query, which may be private. The other loggers: gunicorn.conf.py."""

    def access(self, resp: Response, _req: Request, environ: MutableMapping[str, Any], request_time: timedelta) -> None:
        """Log one answered request (gunicorn's hook); probes only when they fail."""
        status = int(str(resp.status).split(maxsplit=1)[0])
        path = environ.get("PATH_INFO", "")
        if path in PROBES and status < HTTPStatus.BAD_REQUEST:
            return
        self.access_log.info(
            json.dumps(
                {
                    "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "client": environ.get("HTTP_X_FORWARDED_FOR") or environ.get("REMOTE_ADDR"),
                    "method": environ.get("REQUEST_METHOD"),
                    "path": path,
                    "status": status,
                    "bytes": getattr(resp, "sent", None),
                    "ms": round(request_time / timedelta(milliseconds=1), 1),
                    "agent": environ.get("HTTP_USER_AGENT"),
                    "request_id": dict(resp.headers).get(HEADER),
                }
            )
        )
