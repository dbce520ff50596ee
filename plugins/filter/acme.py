"""What HAProxy's configuration has to know of an ACME account."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

# On a controller, plugins find the project's own Python only so.
sys.path.append(str(Path(__file__).parents[1] / "module_utils"))

from tls.jwk import thumbprint

if TYPE_CHECKING:
    from collections.abc import Callable


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {"jwk_thumbprint": thumbprint}
