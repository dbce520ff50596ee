"""What a file is, told by its content; what is none of the known types is refused, whatever it pretends to be."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobfolio.file_types import UnknownFileTypeError, tell_type
from unit.backend import files


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (files.PDF, "application/pdf"),
        (files.docx(), files.DOCX_TYPE),
        (files.odt(), files.ODT_TYPE),
        (files.TEXT, "text/plain"),
        (b"\xef\xbb\xbfwith a byte order mark", "text/plain"),
    ],
)
def test_type_is_told_by_the_content(content: bytes, expected: str) -> None:
    assert tell_type(content) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "no PDF, DOCX, ODT or plain text"),
        (b"MZ" + bytes(100), "no PDF, DOCX, ODT or plain text"),
        ("Zürich".encode("latin-1"), "no PDF, DOCX, ODT or plain text"),
        (b"bell \x07", "no PDF, DOCX, ODT or plain text"),
        (files.archive(a=b"b"), "neither DOCX nor ODT"),
        (files.odt("application/vnd.oasis.opendocument.spreadsheet"), "neither DOCX nor ODT"),
        (files.docx()[:-30], "its end is missing"),
        (b"PK\x03\x04", "its end is missing"),
        (files.lying(2), "damaged"),
        (files.lying(2**32 - 1), "far too many entries"),
        (files.crowded(), "far too many entries"),
        (files.bomb(), "far too large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_none_of_them_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnknownFileTypeError, match=reason):
        tell_type(content)


@pytest.mark.parametrize("content", [files.bomb(), files.crowded()], ids=["bomb", "crowded"])
def test_a_file_that_would_grow_costs_no_memory(content: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(UnknownFileTypeError):
            tell_type(content)
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


@given(st.data())
def test_a_damaged_archive_is_never_more_than_refused(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([files.docx(), files.odt()])))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UnknownFileTypeError):
        tell_type(bytes(content))
