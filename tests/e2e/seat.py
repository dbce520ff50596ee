"""Where a person sits: at a machine beside the fleet, in whose network the browser runs.

Chromium gives up what it has under way over HTTP/2 as soon as an interface of its machine comes or goes
(ERR_NETWORK_CHANGED). Where fleets run, and other tests make and remove theirs, that happens all the time.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from packets import docker, start_guest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def taken() -> Iterator[Path | None]:
    """Take the seat: yields the file of its network namespace, or None where only root could enter it."""
    if os.geteuid() != 0:
        yield None
        return
    machine = start_guest("person", 202)
    try:
        pid = docker("inspect", "--format={{.State.Pid}}", machine.container).strip()
        yield Path(f"/proc/{pid}/ns/net")
    finally:
        docker("rm", "--force", machine.container)
