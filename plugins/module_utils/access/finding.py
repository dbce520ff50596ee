"""What an audit has to say about one thing that is not as the policy wants it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

POLICY, GROUPS, KERNEL, PORTS = PLACES = ("policy", "security groups", "kernel", "ports")
REPAIR = "access.yml"
RUN_REPAIR = "Run playbooks/access.yml: it repairs this."


@dataclass(frozen=True)
class Finding:
    """One thing that differs.

    Args:
        place: Where: one of `PLACES`.
        host_or_group: The host, or the tier whose security group it is; empty for the policy.
        kind: What has become of it, in the same few words each time.
        subject: What it is about.
        expected: A sentence on how it should be.
        found: A sentence on how it is.
        remedy: A sentence with the command that mends it.
        repaired_by: The playbook that does, if one does.
        proto: The protocol of the connections whose fate it changes; empty for all.
        ports: Their ports, as a range; empty for all.
        networks: Where they come from; none for everywhere.
    """

    place: str
    host_or_group: str
    kind: str
    subject: str
    expected: str
    found: str
    remedy: str = RUN_REPAIR
    repaired_by: str = REPAIR
    proto: str = ""
    ports: str = ""
    networks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain words."""
        return asdict(self) | {"networks": list(self.networks)}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Finding:
        """Return what `to_dict` made plain."""
        return cls(**{**given, "networks": tuple(given["networks"])})


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order that they are told in, each once."""
    return sorted(
        dict.fromkeys(findings),
        key=lambda one: (PLACES.index(one.place), one.host_or_group, one.kind, one.subject, one.found),
    )
