"""The environment: what is missing is named, together with what to set."""

import subprocess
import sys
from pathlib import Path

import pytest
from jobfolio.config import ConfigurationError, read_config
from unit.backend.conftest import Database

PLAIN = {"DATABASE_URL": "postgresql://me:hush@localhost/jobfolio"}
DEPLOYED = {
    "DATABASE_HOST": "db.example",
    "DATABASE_NAME": "jobfolio",
    "DATABASE_USER": "jobfolio_app",
    "DATABASE_PASSWORD_FILE": "/run/secrets/password",
    "DATABASE_SSLROOTCERT": "/run/secrets/ca.crt",
}


@pytest.mark.parametrize(
    "missing", ["DATABASE_HOST", "DATABASE_USER", "DATABASE_PASSWORD_FILE", "DATABASE_SSLROOTCERT"]
)
def test_missing_variable_is_named(missing: str) -> None:
    env = {name: value for name, value in DEPLOYED.items() if name != missing}
    with pytest.raises(ConfigurationError, match=f"^{missing} not set"):
        read_config(env)


def test_deployed_database_is_verified_in_full_unless_told_otherwise() -> None:
    url = read_config(DEPLOYED)["SQLALCHEMY_DATABASE_URI"]
    assert (url.host, url.port, url.password) == ("db.example", 5432, None)
    assert url.query == {"sslmode": "verify-full", "sslrootcert": "/run/secrets/ca.crt"}
    assert read_config(DEPLOYED | {"DATABASE_SSLMODE": "require"})["SQLALCHEMY_DATABASE_URI"].query == {
        "sslmode": "require"
    }


def test_plain_url_serves_development_and_hides_its_password() -> None:
    config = read_config(PLAIN | {"JOBFOLIO_DEVELOPMENT": "1"})
    assert config["SQLALCHEMY_DATABASE_URI"].drivername == "postgresql+psycopg"
    assert "hush" not in repr(config)
    assert (config["SESSION_COOKIE_SECURE"], config["SECRET_KEY"]) == (False, "development")


def test_cookie_is_secure_and_keyless_outside_development() -> None:
    config = read_config(PLAIN)
    assert (config["SESSION_COOKIE_SECURE"], config["SECRET_KEY"]) == (True, None)


def test_first_line_of_the_key_file_signs_and_older_keys_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("new\nold\n")
    config = read_config(PLAIN | {"SECRET_KEY_FILE": str(tmp_path / "key")})
    assert (config["SECRET_KEY"], config["SECRET_KEY_FALLBACKS"]) == ("new", ["new", "old"])


@pytest.mark.parametrize(("content", "complaint"), [(None, "cannot be read"), (" \n", "is empty")])
def test_unusable_key_file_is_named(tmp_path: Path, content: str | None, complaint: str) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)
    with pytest.raises(ConfigurationError, match=f"SECRET_KEY_FILE {complaint}"):
        read_config(PLAIN | {"SECRET_KEY_FILE": str(tmp_path / "key")})


def serve(env: dict[str, str], backend: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "--bind", "127.0.0.1:0"]
    return subprocess.run(command, env=env, cwd=backend, capture_output=True, text=True, timeout=60, check=False)


def test_server_without_a_key_ends_at_once_with_one_sentence(database: Database) -> None:
    backend = Path(__file__).resolve().parents[3] / "app" / "backend"
    env = {name: value for name, value in database.env().items() if name != "SECRET_KEY_FILE"}
    ended = serve(env, backend)
    assert ended.returncode == 1
    assert "SECRET_KEY_FILE is not set: give the file" in ended.stderr
    assert "Traceback" not in ended.stderr
