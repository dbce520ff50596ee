"""The HTTP API, one module a resource."""

from apiflask import APIBlueprint
from flask import Response

from .account import account
from .auth import auth
from .documents import documents
from .history import education, work
from .postings import postings
from .profile import profile

api = APIBlueprint("api", __name__, url_prefix="/api/v1", enable_openapi=True)
for resource in (auth, account, profile, education, work, postings, documents):
    api.register_blueprint(resource)


@api.after_request
def forbid_caching(response: Response) -> Response:
    """Keep personal data out of every cache on the way, and out of the browser's after signing out."""
    response.cache_control.no_store = True
    return response
