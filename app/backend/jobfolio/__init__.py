"""Jobfolio: profiles, education, work history, job postings and résumés over PostgreSQL."""

import os
from collections.abc import Mapping

from apiflask import APIFlask

from .api import api
from .config import read_config
from .database import init_database, probe_engine
from .health import health
from .metrics import init_metrics
from .openapi import init_openapi
from .problems import init_problems
from .readiness import SchemaGate
from .request_guard import refuse_foreign_requests
from .request_ids import init_request_ids
from .rotation import RotatingSessions
from .unread_bodies import init_unread_bodies


def create_app(env: Mapping[str, str] = os.environ) -> APIFlask:
    """Make the application from an environment (the process's own, unless a test gives another)."""
    app = APIFlask(__name__, title="Jobfolio", version="1.0.0", docs_path=None, spec_path="/api/v1/openapi.json")
    app.config.from_mapping(read_config(env))
    if keys := env.get("SECRET_KEY_FILE"):
        app.session_interface = RotatingSessions(keys)
    init_openapi(app)
    init_request_ids(app)
    init_problems(app)
    init_unread_bodies(app)
    init_metrics(app, init_database(app))
    app.extensions["schema_gate"] = SchemaGate(app.config["MIGRATIONS_DIR"], probe_engine(app))
    app.before_request(refuse_foreign_requests)
    app.register_blueprint(health)
    app.register_blueprint(api)
    return app
