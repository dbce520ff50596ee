"""What was done stays said: entries are only added, and one that was tampered with is found."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operation.journal import JournalError, append, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def three(path: Path) -> list[str]:
    for number, event in enumerate(("began", "expanded", "ended")):
        append(path, event, {"release": "1.1.0", "who": "Zoë"}, lease=7, now=1000.5 + number)
    return path.read_text().splitlines(keepends=True)


def test_entries_come_back_as_they_were_written_in_their_order(path: Path) -> None:
    three(path)
    entries = read(path)
    assert [entry.event for entry in entries] == ["began", "expanded", "ended"]
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert entries[2].details == {"release": "1.1.0", "who": "Zoë"}
    assert (entries[2].time, entries[2].lease) == (1002.5, 7)


def test_a_journal_that_is_not_there_is_empty(path: Path) -> None:
    assert read(path) == []


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda lines: [lines[0], lines[1].replace("expanded", "contracted"), lines[2]], id="changed"),
        pytest.param(lambda lines: [lines[0], lines[2]], id="removed"),
        pytest.param(lambda lines: [*lines, lines[2]], id="repeated"),
        pytest.param(lambda lines: [lines[1], lines[0], lines[2]], id="swapped"),
        pytest.param(lambda lines: lines[1:], id="the first removed"),
        pytest.param(lambda lines: [lines[0], "\n", *lines[1:]], id="an empty line"),
        pytest.param(lambda lines: [lines[0], "[]\n", *lines[1:]], id="something else"),
    ],
)
def test_what_was_tampered_with_is_found_and_nothing_is_added_to_it(path: Path, tamper: object) -> None:
    path.write_text("".join(tamper(three(path))))  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(JournalError, match=r"journal.jsonl is broken at line \d: .* Keep the file"):
        read(path)
    with pytest.raises(JournalError):
        append(path, "more", {}, lease=8, now=2000)
    assert path.read_bytes() == before


def test_a_line_that_a_loss_of_power_cut_off_at_any_byte_is_no_entry_and_in_nobodys_way(path: Path) -> None:
    lines = three(path)
    kept, torn = "".join(lines[:2]), lines[2].encode()
    for length in range(len(torn)):
        path.write_bytes(kept.encode() + torn[:length])
        assert [entry.event for entry in read(path)] == ["began", "expanded"]
        append(path, "again", {}, lease=8, now=2000)
        assert [entry.event for entry in read(path)] == ["began", "expanded", "again"]


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.booleans(), st.lists(st.text()))))
def test_whatever_is_said_is_sealed_and_read_back(details: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "journal.jsonl")
        append(path, "said", details, lease=1, now=1.5)
        append(path, "said", details, lease=1, now=2.5)
        assert [entry.details for entry in read(path)] == [details, details]
