"""Which devices are formatted, and which are never touched."""

import pytest
from volume.plan import Found, RefusedError, Wanted, can_grow, link_of, needs_format, parse_probe

WANTED = Wanted("ext4", "jobfolio-data")
OURS = {"TYPE": "ext4", "LABEL": "jobfolio-data", "UUID": "5a0c2b6e-0000-4000-8000-000000000000", "USAGE": "filesystem"}
GIB = 1024**3


def test_a_volume_is_found_by_its_id_without_the_dash() -> None:
    assert link_of("vol-0123456789abcdef0") == ("/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0")


@pytest.mark.parametrize("name", ["", "vol", "vol-../../sda", "snap-0123456789abcdef0", "vol-0123456789ABCDEF0"])
def test_what_is_no_volume_s_id_names_no_device(name: str) -> None:
    with pytest.raises(RefusedError, match="is no ID of an EBS volume"):
        link_of(name)


def test_a_blank_device_is_formatted() -> None:
    assert needs_format(Found({}, blank=True), WANTED, "/dev/nvme1n1")


def test_our_own_file_system_is_never_formatted_again() -> None:
    assert not needs_format(Found(OURS, blank=False), WANTED, "/dev/nvme1n1")


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        (OURS | {"TYPE": "xfs"}, "holds xfs, not ext4"),
        (OURS | {"LABEL": "cloudimg-rootfs"}, "labelled 'cloudimg-rootfs'"),
        ({"TYPE": "ext4", "UUID": "x"}, "labelled ''"),
        ({"TYPE": "crypto_LUKS"}, "holds crypto_LUKS"),
        ({"TYPE": "LVM2_member"}, "holds LVM2_member"),
        ({"PTTYPE": "gpt"}, "holds gpt"),
        (OURS | {"PTTYPE": "dos"}, "left alone"),
        ({"USAGE": "other"}, "something unknown"),
    ],
)
def test_anything_else_is_refused_and_named(signature: dict[str, str], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        needs_format(Found(signature, blank=False), WANTED, "/dev/nvme1n1")


def test_bytes_without_a_known_signature_are_refused_too() -> None:
    with pytest.raises(RefusedError, match="is not blank"):
        needs_format(Found({}, blank=False), WANTED, "/dev/nvme1n1")


def test_the_probe_s_answer_is_read_without_the_device_s_name() -> None:
    assert parse_probe("DEVNAME=/dev/loop0\nLABEL=my\\ data\nTYPE=ext4\n\n") == {"LABEL": "my data", "TYPE": "ext4"}


@pytest.mark.parametrize(("device", "grows"), [(GIB, False), (GIB + 4096, False), (2 * GIB, True)])
def test_a_file_system_grows_into_a_larger_volume_only(device: int, grows: bool) -> None:
    header = (
        "Filesystem volume name:   jobfolio-data\nBlock count:              262144\nBlock size:               4096\n"
    )
    assert can_grow(header, device) is grows
