"""What is noted down of a failure."""

from __future__ import annotations

from typing import Any

import pytest
from filter.failure import failure_reason

PROGRESS = "INFO  [alembic.runtime.migration] Running upgrade 2b185d7a7048 -> 5a0c1f6e9b21, Expand\n"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"msg": "not ready"}, "not ready"),
        (
            {
                "msg": "One or more items failed",
                "results": [
                    {"msg": "edge1 is fine"},
                    {"failed": True, "msg": "edge2 is gone"},
                    {"failed": True, "msg": "edge3 is gone"},
                ],
            },
            "edge2 is gone\nedge3 is gone",
        ),
        (
            {"msg": "All items failed", "results": [{"failed": True, "msg": "the same"}] * 2},
            "the same",
        ),
        ({"msg": f"{PROGRESS}Error: a table stayed in use\n"}, "Error: a table stayed in use"),
        ({"rc": 1}, "a task failed and did not say why"),
    ],
)
def test_the_reason_is_what_failed_said_and_nothing_else(result: dict[str, Any], reason: str) -> None:
    assert failure_reason(result) == reason
