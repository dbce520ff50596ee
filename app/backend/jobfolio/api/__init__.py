"""The HTTP API, one module a resource."""

from apiflask import APIBlueprint

from .auth import auth
from .profile import profile

api = APIBlueprint("api", __name__, url_prefix="/api/v1", enable_openapi=True)
api.register_blueprint(auth)
api.register_blueprint(profile)
