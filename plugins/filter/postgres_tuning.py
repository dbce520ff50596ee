"""Settings of PostgreSQL that follow from the machine it runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1024 * 1024
STEP_MIB = 256
"""Memory is taken in such steps: a kernel that keeps some kilobytes more for itself is no reason for a restart."""


def postgres_memory_mib(total_bytes: int, share: float) -> int:
    """Return how much memory PostgreSQL gets of a host's, in MiB.

    Args:
        total_bytes: The host's memory.
        share: Part of it, above 0 and up to 1.
    """
    return max(STEP_MIB, int(total_bytes * share) // MIB // STEP_MIB * STEP_MIB)


def postgres_tuning(memory_mib: int, cpus: int, max_connections: int) -> dict[str, str | int]:
    """Return the settings that follow from memory, processors and connections.

    A quarter of the memory for shared buffers (PostgreSQL manual, 19.4.1), the rest for the kernel's cache and the
    connections: were each one to sort twice at once, they would still fit.

    Args:
        memory_mib: Memory of the container.
        cpus: Processors that it may use.
        max_connections: Connections at once.
    """
    buffers = memory_mib // 4
    work = min(64, max(4, (memory_mib - buffers) // 2 // (2 * max_connections)))
    return {
        "max_connections": max_connections,
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{memory_mib * 3 // 4}MB",
        "maintenance_work_mem": f"{min(1024, max(32, memory_mib // 16))}MB",
        "work_mem": f"{work}MB",
        "max_worker_processes": max(8, cpus),
        "max_parallel_workers": cpus,
        "max_parallel_workers_per_gather": min(4, cpus // 2),
    }


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {"postgres_memory_mib": postgres_memory_mib, "postgres_tuning": postgres_tuning}
