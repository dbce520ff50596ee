"""What all edges together saw of a new release, judged."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

# On a controller, plugins find the project's own Python only so.
sys.path.append(str(Path(__file__).parents[1] / "module_utils"))

from rolling.canary import Comparison, Limits, Tally, Verdict, judge_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def canary_verdict(watched: Sequence[Mapping[str, Any]], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether a new release may go on (``passed``), and the evidence in one sentence (``said``).

    Args:
        watched: What module haproxy_canary returned for each edge.
        limits: The fields of Limits.
    """
    seen = [
        (
            Comparison(one["servers"], Tally(**one["canary"]), Tally(**one["others"]), slow=one["slow"]),
            Verdict(one["passed"], one["said"]),
        )
        for one in watched
        if one["routed"]
    ]
    given = Limits(int(limits["requests"]), float(limits["errors"]), float(limits["latency"]))
    return asdict(judge_all(seen, given))


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {"canary_verdict": canary_verdict}
