"""Where the site is that the browser opens, and whom the browser trusts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from fleet import Fleet


@dataclass(frozen=True)
class Site:
    """A deployed or developing Jobfolio."""

    url: str
    """Its origin as the browser's address bar shows it, without a slash at the end."""
    resolver_rules: str
    """Chromium's --host-resolver-rules, for a public name that no DNS knows; may be empty."""
    ca: Path | None
    """The CA that signed its certificate; None for plain HTTP, or where the system knows the CA."""
    is_fleet: bool
    """Whether it is the fleet's own edge."""

    @property
    def is_https(self) -> bool:
        """Whether the page comes over TLS."""
        return self.url.startswith("https://")


def from_environment(fleet: Fleet) -> Site:
    """Find the site: the fleet's edge, unless JOBFOLIO_URL names another.

    JOBFOLIO_URL   origin to open, such as https://198.18.0.14 or http://127.0.0.1:5173
    JOBFOLIO_HOST  name to open it by, such as jobfolio.test; leads to the host of JOBFOLIO_URL without any DNS
    JOBFOLIO_CA    file with the CA; the fleet's own where not given
    """
    given = os.environ.get("JOBFOLIO_URL", "")
    url = given or f"https://{fleet.address(fleet.hosts('edge')[0])}"
    parts = urlsplit(url.rstrip("/"))
    name = os.environ.get("JOBFOLIO_HOST", "")
    rules = f"MAP {name} {parts.hostname}" if name else ""
    if name:
        parts = parts._replace(netloc=f"{name}:{parts.port}" if parts.port else name)
    ca = Path(os.environ.get("JOBFOLIO_CA") or fleet.state / "tls" / "ca.crt") if parts.scheme == "https" else None
    return Site(parts.geturl(), rules, ca, is_fleet=not given)
