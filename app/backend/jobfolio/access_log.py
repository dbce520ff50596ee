"""gunicorn's access log as one JSON object a line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from gunicorn.glogging import Logger

PROBES = {"/livez", "/readyz"}


class JsonAccessLogger(Logger):
    """Logs the path without its query string, which may carry what no log should hold."""

    def access(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta
    ) -> None:
        """Log one answered request (gunicorn's hook); probes only when they fail."""
        status = int(str(resp.status).split(maxsplit=1)[0])
        path = environ.get("PATH_INFO", "")
        if path in PROBES and status < 400:
            return
        self.access_log.info(
            json.dumps(
                {
                    "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "client": environ.get("HTTP_X_FORWARDED_FOR")
                    or environ.get("REMOTE_ADDR"),
                    "method": environ.get("REQUEST_METHOD"),
                    "path": path,
                    "status": status,
                    "bytes": getattr(resp, "sent", None),
                    "ms": round(request_time / timedelta(milliseconds=1), 1),
                    "agent": environ.get("HTTP_USER_AGENT"),
                }
            )
        )
