"""What a server loads: the application, refused unless it is fit to serve."""

import gc
import os

from . import create_app
from .config import ConfigurationError
from .metrics import MetricsPort

app = create_app()
if not app.secret_key:
    raise ConfigurationError("SECRET_KEY_FILE is not set: give the file that holds the key of session cookies.")
# Read once before the workers are forked, not by the first probe.
app.extensions["schema_gate"].known  # noqa: B018
app.wsgi_app = MetricsPort(  # type: ignore[method-assign]  # as Flask's documentation has it
    app.wsgi_app, int(os.environ.get("METRICS_PORT", "9000")), app.config["RELEASE"]
)
# What is loaded now stays until the end: left alone by the collector, its memory stays shared between the processes.
gc.collect()
gc.freeze()
