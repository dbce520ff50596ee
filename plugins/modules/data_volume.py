#!/usr/bin/python
"""Find an attached EBS volume, and format it if it is blank."""

from __future__ import annotations

DOCUMENTATION = r"""
module: data_volume
short_description: Find an attached EBS volume, and format it if it is blank
description:
  - Finds the device by the volume's ID, on instances of the Nitro system. The name under which it was attached does not
    matter, and neither does the order in which the kernel found the devices.
  - A blank device gets an ext4 file system with a label. What holds anything else than that is refused and left alone.
  - Where the volume has grown, so does the file system, while it is mounted.
options:
  volume_id:
    description: The volume's ID, such as V(vol-0123456789abcdef0).
    type: str
    required: true
  label:
    description: The file system's label, up to 16 characters. It tells our volume from others.
    type: str
    required: true
  timeout:
    description: Seconds to wait for the device of a volume that was just attached.
    type: int
    default: 60
attributes:
  check_mode:
    support: full
    description: Formats nothing and tells whether it would. It does not wait for the device.
  diff_mode:
    support: none
author:
  - Jobfolio operations
"""

EXAMPLES = r"""
- name: Find the data volume
  data_volume:
    volume_id: vol-0123456789abcdef0
    label: jobfolio-data
  register: found
"""

RETURN = r"""
device:
  description: The kernel's name of the device. Empty in check mode where it is not there yet.
  returned: success
  type: str
  sample: /dev/nvme1n1
uuid:
  description: The file system's UUID. Empty in check mode where there is none yet.
  returned: success
  type: str
actions:
  description: What was done, or would be.
  returned: success
  type: list
  elements: str
  sample: [formatted]
"""

import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.volume.plan import (
    LONGEST_LABEL,
    Found,
    RefusedError,
    Wanted,
    can_grow,
    link_of,
    needs_format,
    parse_probe,
)

ARGUMENTS = {
    "volume_id": {"type": "str", "required": True},
    "label": {"type": "str", "required": True},
    "timeout": {"type": "int", "default": 60},
}
INTERVAL = 0.5
BEGINNING = 1024 * 1024
NOTHING_FOUND = 2
FSTYPE = "ext4"


def run(module: AnsibleModule, *command: str) -> str:
    """Return what a command says, which must succeed."""
    _status, output, _error = module.run_command(list(command), check_rc=True)
    return str(output)


def wait_for(link: Path, seconds: int) -> Path | None:
    """Return the device behind a link as soon as it is there."""
    give_up = time.monotonic() + seconds
    while not link.exists():
        if time.monotonic() >= give_up:
            return None
        time.sleep(INTERVAL)
    return link.resolve()


def look(module: AnsibleModule, device: Path) -> Found:
    """Return what lies on a device, as it is there and not as a cache has it."""
    # Status 2: it knows nothing that lies there.
    status, output, error = module.run_command(["blkid", "--probe", "--output", "export", str(device)])
    if status not in (0, NOTHING_FOUND):
        raise RefusedError(f"{device} cannot be told by blkid (status {status}): {error.strip() or 'several at once'}.")
    with device.open("rb") as opened:
        blank = not any(opened.read(BEGINNING))
    return Found(parse_probe(output), blank)


def is_mounted(device: Path) -> bool:
    """Tell whether a device's file system is mounted."""
    return any(line.split()[0] == str(device) for line in Path("/proc/self/mounts").read_text().splitlines())


def size(module: AnsibleModule, device: Path) -> int:
    """Return a device's size in bytes."""
    return int(run(module, "blockdev", "--getsize64", str(device)))


def converge(module: AnsibleModule) -> dict[str, object]:
    """Bring the volume to its state and return the module's result."""
    wanted = Wanted(FSTYPE, module.params["label"])
    if len(wanted.label.encode()) > LONGEST_LABEL:
        raise RefusedError(f"Label {wanted.label!r} is longer than {LONGEST_LABEL} characters; choose a shorter one.")
    device = wait_for(Path(link_of(module.params["volume_id"])), 0 if module.check_mode else module.params["timeout"])
    if device is None:
        if module.check_mode:
            return {"changed": True, "device": "", "uuid": "", "actions": ["formatted"]}
        raise RefusedError(
            f"No device of volume {module.params['volume_id']} appeared within {module.params['timeout']} s; see with "
            "aws ec2 describe-volumes that it is attached to this host, and that its type is one of the Nitro system."
        )
    found = look(module, device)
    actions: list[str] = []
    if needs_format(found, wanted, str(device)):
        actions.append("formatted")
        if module.check_mode:
            return {"changed": True, "device": str(device), "uuid": "", "actions": actions}
        # Without -F, mkfs looks by itself whether somebody uses the device.
        run(module, "mkfs.ext4", "-q", "-L", wanted.label, str(device))
        found = look(module, device)
    elif is_mounted(device) and can_grow(run(module, "dumpe2fs", "-h", str(device)), size(module, device)):
        actions.append("grown")
        if not module.check_mode:
            run(module, "resize2fs", str(device))
    return {"changed": bool(actions), "device": str(device), "uuid": found.signature["UUID"], "actions": actions}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = converge(module)
    except RefusedError as refusal:
        module.fail_json(msg=str(refusal))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}.")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
