"""The next release with a fault, which FAULT names."""

import itertools
import os
import time
from importlib import import_module

from apiflask import APIFlask
from flask import abort, request

app: APIFlask = import_module("jobfolio.next").app
fault = os.environ["FAULT"]
requests = itertools.count(1)


@app.before_request
def _go_wrong() -> None:
    if fault == "unready" and request.path == "/readyz":
        abort(503)
    if not request.path.startswith("/api/"):
        return
    if fault == "slow":
        time.sleep(1)
    if fault == "errors" and next(requests) % 20 == 0:
        abort(500)
