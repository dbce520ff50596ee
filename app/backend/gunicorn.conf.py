"""How gunicorn serves Jobfolio: `gunicorn -c gunicorn.conf.py`."""

import os

wsgi_app = "jobfolio.wsgi:app"
bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("WEB_THREADS", "8"))
preload_app = True  # a misconfigured release ends at once with one sentence; workers share the loaded code's memory
keepalive = 75  # seconds; longer than the proxy keeps an idle connection, so that it never meets a closing one
graceful_timeout = 30  # seconds that requests under way get after SIGTERM; the container's stop timeout is longer
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the heartbeat must not wait for a disk
control_socket_disable = True  # its socket would need a writable home
accesslog = "-"
errorlog = "-"
logger_class = "jobfolio.access_log.JsonAccessLogger"
