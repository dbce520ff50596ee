"""What a server loads: the application, refused unless it is fit to serve."""

from . import create_app
from .config import ConfigurationError

app = create_app()
if not app.secret_key:
    raise ConfigurationError("SECRET_KEY_FILE is not set: give the file that holds the key of session cookies.")
# Read once before the workers are forked, not by the first probe.
app.extensions["schema_gate"].known  # noqa: B018
