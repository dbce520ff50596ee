"""What went wrong, for those who read of it later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# What Alembic prints on its way, however it ends.
PROGRESS = re.compile(r"^INFO +\[alembic\..*\n?", re.MULTILINE)


def failure_reason(result: Mapping[str, Any]) -> str:
    """Return why a task failed.

    Of a loop that is what its failed items say; Ansible itself says of it that one or more items failed.

    Args:
        result: What Ansible's ``ansible_failed_result`` holds.
    """
    failed = [item for item in result.get("results", ()) if item.get("failed")] or [result]
    said = dict.fromkeys(PROGRESS.sub("", str(one.get("msg", ""))).strip() for one in failed)
    return "\n".join(filter(None, said)) or "a task failed and did not say why"


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {"failure_reason": failure_reason}
