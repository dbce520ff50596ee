"""gunicorn's access log as one JSON object a line."""

import json
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.http.message import Request
from gunicorn.http.wsgi import Response

PROBES = {"/livez", "/readyz"}


class JsonAccessLogger(Logger):
    """Logs the path without its query string, which may carry what no log should hold."""

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
                }
            )
        )
