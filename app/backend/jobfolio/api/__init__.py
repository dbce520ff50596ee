"""The HTTP API, one module a resource."""

from apiflask import APIBlueprint
from flask import Response

from .auth import auth
from .profile import profile

api = APIBlueprint("api", __name__, url_prefix="/api/v1", enable_openapi=True)
api.register_blueprint(auth)
api.register_blueprint(profile)


@api.after_request
def forbid_caching(response: Response) -> Response:
    """Keep personal data out of every cache on the way, and out of the browser's after signing out."""
    response.cache_control.no_store = True
    return response
