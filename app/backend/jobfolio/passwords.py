"""Password hashes: argon2id."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Two at a time, so that a burst of log-ins cannot outgrow the container's memory.
AT_ONCE = BoundedSemaphore(2)
# What an unknown address is checked against, so that it takes as long as a wrong password.
NOBODY = HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Hash a new password; salt and parameters are part of the result."""
    with AT_ONCE:
        return HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Tell whether a password matches the stored hash; None (no such account) takes the same time and never does."""
    with AT_ONCE:
        try:
            HASHER.verify(stored or NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None
