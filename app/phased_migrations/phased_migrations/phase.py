"""The phase of a revision: whether the release that is running can notice it."""

from dataclasses import dataclass
from enum import StrEnum

from alembic.script import Script

from .inference import obstacle


class Phase(StrEnum):
    """When a revision is applied: before the new release takes over, or once no old one needs the old shape."""

    EXPAND = "expand"
    CONTRACT = "contract"


class PhaseError(RuntimeError):
    """A revision's phase makes no sense, or revisions stand in an order that cannot be rolled out."""


@dataclass(frozen=True)
class Verdict:
    """The phase of a revision, and why it is that one."""

    phase: Phase
    reason: str


def phase_of(script: Script) -> Verdict:
    """Read a revision's `phase`, or infer it from what its upgrade does.

    Raises PhaseError where `phase` says something else than "expand" or "contract".
    """
    said = getattr(script.module, "phase", None)
    if said is None:
        found = obstacle(script.module.upgrade)
        if found is None:
            return Verdict(Phase.EXPAND, "inferred: a running release cannot notice it")
        return Verdict(Phase.CONTRACT, f"inferred: {found}")
    if said not in set(Phase):
        raise PhaseError(f'Revision {script.revision}: phase is {said!r}; write "expand" or "contract".')
    return Verdict(Phase(said), "said in the revision")
