"""Which line of history lived when is read from what PostgreSQL archived of it."""

from __future__ import annotations

from backup.timelines import Timeline, live, place, read_timelines

TOLD = """{"00000002.history":{"size":41,"time":2000,"type":"file"},"0000000100000000":{"type":"path"}}
# 00000002.history
1\t0/64\tno recovery target specified

{"00000002.history":{"size":41,"time":2050,"type":"file"},"0000000A.history":{"size":82,"time":3000,"type":"file"}}
# 00000002.history
1\t0/64\tno recovery target specified
# 0000000A.history
1\t0/64\tno recovery target specified

2\t1/C8\tbefore 2026-11-27 15:00:00+00
"""


def test_every_line_is_read_once_whatever_repository_tells_it() -> None:
    assert read_timelines(TOLD) == [
        Timeline(2, 2000, ((1, 100),)),
        Timeline(10, 3000, ((1, 100), (2, 0x1_0000_00C8))),
    ]
    assert read_timelines("") == []


def test_a_line_lives_from_its_beginning_to_that_of_the_next() -> None:
    lines = read_timelines(TOLD)
    assert live(lines, 1999) is None
    assert [line and line.number for line in (live(lines, 2000), live(lines, 2999), live(lines, 9999))] == [2, 2, 10]


def test_a_place_in_the_log_is_one_number() -> None:
    assert place("0/3000060") < place("1/0") == 1 << 32
