"""Decides whether a block device may be formatted. What holds anything at all is never touched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LINKS = "/dev/disk/by-id"
VOLUME = re.compile(r"vol-[0-9a-f]{8,17}")
# ext4 keeps 16 bytes for it (mke2fs(8)).
LONGEST_LABEL = 16


class RefusedError(Exception):
    """A device is not touched; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Found:
    """What lies on a device.

    Attributes:
        signature: what blkid says of it (blkid(8), low-level probing); nothing where it knows none
        blank: whether its beginning holds zeros only, as all of a new EBS volume does
    """

    signature: Mapping[str, str]
    blank: bool


@dataclass(frozen=True)
class Wanted:
    """The file system that shall lie there."""

    fstype: str
    label: str


def link_of(volume_id: str) -> str:
    """Return the name that udev gives to an EBS volume on an instance of the Nitro system.

    The serial number of the NVMe device is the volume's ID without its dash (Amazon EBS user guide, "Amazon EBS volumes
    and NVMe").

    Raises:
        RefusedError: This is no ID of a volume.
    """
    if not VOLUME.fullmatch(volume_id):
        raise RefusedError(f"{volume_id!r} is no ID of an EBS volume; one looks like vol-0123456789abcdef0.")
    return f"{LINKS}/nvme-Amazon_Elastic_Block_Store_{volume_id.replace('-', '')}"


def parse_probe(output: str) -> dict[str, str]:
    """Return what `blkid --probe --output export` says, without the device's name."""
    pairs = (line.split("=", 1) for line in output.splitlines() if "=" in line)
    return {name: value.replace("\\", "") for name, value in pairs if name != "DEVNAME"}


def needs_format(found: Found, wanted: Wanted, device: str) -> bool:
    """Tell a blank device from our own.

    Args:
        found: what lies on it
        wanted: what shall
        device: its name, for the message

    Raises:
        RefusedError: It holds something else.
    """
    if not found.signature:
        if found.blank:
            return True
        raise RefusedError(
            f"{device} is not blank, though it holds no file system that is known; it is left alone. If nobody needs "
            f"what is there: wipefs --all {device} && blkdiscard --zeroout --length 1048576 {device}, and try again."
        )
    kind = found.signature.get("TYPE") or found.signature.get("PTTYPE") or "something unknown"
    label = found.signature.get("LABEL", "")
    if kind != wanted.fstype or "PTTYPE" in found.signature:
        raise RefusedError(
            f"{device} holds {kind}, not {wanted.fstype}; it is left alone. Attach the right volume, or empty this one "
            "by hand."
        )
    if label != wanted.label:
        raise RefusedError(
            f"{device} holds an {kind} file system labelled {label!r}, not {wanted.label!r}; it is left alone. Attach "
            f"the right volume, or, if this is it: e2label {device} {wanted.label}."
        )
    return False


def can_grow(header: str, device_bytes: int) -> bool:
    """Tell whether an ext4 file system is smaller than its device, by what `dumpe2fs -h` says.

    Less than a block group of 128 MiB is not worth it: resize2fs leaves a remainder of its own.
    """
    sizes = dict(re.findall(r"^(Block count|Block size):\s+(\d+)$", header, re.MULTILINE))
    group = 128 * 1024 * 1024
    return device_bytes - int(sizes["Block count"]) * int(sizes["Block size"]) >= group
