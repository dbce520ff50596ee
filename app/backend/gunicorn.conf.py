"""How gunicorn serves Jobfolio: `gunicorn -c gunicorn.conf.py`."""

import os
import tempfile

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

wsgi_app = "jobfolio.wsgi:app"
bind = [f"0.0.0.0:{os.environ.get('WEB_PORT', '8000')}", f"0.0.0.0:{os.environ.get('METRICS_PORT', '9000')}"]
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("WEB_THREADS", "8"))
preload_app = True  # a misconfigured release ends at once with one sentence; workers share the loaded code's memory
keepalive = 75  # seconds; longer than the proxy keeps an idle connection, so that it never meets a closing one
graceful_timeout = 30  # seconds that requests under way get after SIGTERM; the container's stop timeout is longer
# As much as the edge lets pass (16 KiB), which refuses what is longer.
limit_request_line = 8190
limit_request_field_size = 16384
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the heartbeat must not wait for a disk
control_socket_disable = True  # its socket would need a writable home
accesslog = "-"
errorlog = "-"
logger_class = "jobfolio.logs.JsonLogger"
logconfig_dict = {
    "root": {"level": "INFO", "handlers": ["error_console"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["error_console"], "propagate": False},
        "gunicorn.access": {"level": "INFO", "handlers": ["console"], "propagate": False},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "message", "stream": "ext://sys.stdout"},
        "error_console": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"},
    },
    "formatters": {"message": {"format": "%(message)s"}, "json": {"()": "jobfolio.logs.JsonFormatter"}},
}

# Where the processes put their counts for whichever of them is asked. Read when prometheus_client is imported.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="jobfolio-metrics-"))


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """Forget what a process that ended had in use (gunicorn's hook)."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - not before the line above

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
