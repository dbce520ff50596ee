"""Filters that judge what role ec2 is given; what they decide is plain Python, and tested as such."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

# On a controller, plugins find the project's own Python only so.
sys.path.append(str(Path(__file__).parents[3] / "plugins" / "module_utils"))

from ec2.plan import judge_fleet

if TYPE_CHECKING:
    from collections.abc import Callable


class FilterModule:
    """The filters by the names that templates use."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return them."""
        return {"ec2_problems": judge_fleet}
