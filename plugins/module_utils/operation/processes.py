"""Names the runs of Ansible on this machine, so that one that was killed is told from one that lives. Linux only."""

from __future__ import annotations

from pathlib import Path

PROGRAM = "ansible-playbook"


def processes(proc: Path, asker: int) -> list[str]:
    """Return the name of the run that a process belongs to, and those of all others.

    A run is the oldest process of its kind: its workers are forks, which have its command line as well.
    """
    parents = {int(path.name): parent for path in proc.glob("[0-9]*") if (parent := _parent(path)) is not None}
    runs = [pid for pid in parents if _runs(proc / str(pid)) and not _runs(proc / str(parents[pid]))]
    mine = asker
    while mine in parents and mine not in runs:
        mine = parents[mine]
    return [_name(proc, pid) for pid in sorted(runs, key=lambda pid: pid != mine)] if mine in runs else []


def _runs(process: Path) -> bool:
    """Tell whether a process is Ansible: its name, or that of the script its interpreter runs."""
    try:
        return any(Path(word).name == PROGRAM for word in (process / "cmdline").read_text().split("\0")[:3])
    except OSError:
        return False


def _stat(process: Path) -> list[str]:
    """Return what follows a process's name in /proc/PID/stat, from its state on (proc(5))."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent(process: Path) -> int | None:
    fields = _stat(process)
    return int(fields[1]) if fields and fields[0] != "Z" else None


def _name(proc: Path, pid: int) -> str:
    """Name a process so that no other has the name: by the boot, its number, and when it started (in clock ticks)."""
    boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
    fields = _stat(proc / str(pid))
    return f"{boot}:{pid}:{fields[19] if fields else 0}"
