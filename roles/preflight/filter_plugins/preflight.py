"""Filters that turn facts and variables into sentences; what they decide is plain Python, and tested as such."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

# On a controller, plugins find the project's own Python only so.
sys.path.append(str(Path(__file__).parents[3] / "plugins" / "module_utils"))

from host.judge import Needs, judge_clocks, judge_connections, judge_host, judge_inventory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def host_problems(facts: Mapping[str, Any], needs: Mapping[str, Any]) -> list[str]:
    """Return what keeps a host from being deployed to. The keys of `needs` are the fields of Needs."""
    return judge_host(facts, Needs(**needs))


class FilterModule:
    """The filters by the names that templates use."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return them."""
        return {
            "preflight_inventory_problems": judge_inventory,
            "preflight_host_problems": host_problems,
            "preflight_connection_problems": judge_connections,
            "preflight_clock_problems": judge_clocks,
        }
