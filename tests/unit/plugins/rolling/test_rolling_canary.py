"""A new release that does worse than the one before is told from one that does not, as early as it is certain."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from filter.canary import canary_verdict
from hypothesis import given
from hypothesis import strategies as st
from rolling.canary import (
    SAMPLES,
    Comparison,
    Counters,
    Limits,
    Tally,
    compare,
    done,
    is_slow,
    judge,
    judge_all,
    read_counters,
)

# From HAProxy 3.0, columns that nobody reads left out.
STAT = """# pxname,svname,qcur,scur,econ,eresp,wretr,wredis,status,check_status,last_chk,hrsp_2xx,hrsp_5xx,rtime
be_backend,backend1-a,0,0,0,0,0,0,DOWN,L4CON,Connection refused,9040,1,7
be_backend,backend1-b,1,2,1,2,3,4,UP,L7OK,,89,11,12
be_backend,BACKEND,0,2,1,2,3,4,UP,,,9129,12,8
be_frontend,edge1-a,0,0,0,0,0,0,UP,L7OK,,5,0,
"""
LIMITS = Limits(requests=50, errors=2, latency=200)
SERVING = Counters(up=True, check="UP L7OK")


def seen(canary: Tally, others: Tally, **more: object) -> Comparison:
    return replace(Comparison(["backend1-b"], canary, others), **more)  # type: ignore[arg-type]


def times(requests: int, milliseconds: float, errors: int = 0) -> Tally:
    return Tally(requests, errors, requests * milliseconds)


class Haproxy:
    """A server's counters as HAProxy 3.0 keeps and shows them."""

    def __init__(self) -> None:
        self.answered, self.sum = 0, 0

    def answer(self, milliseconds: int, requests: int = 1) -> None:
        for _ in range(requests):
            self.answered += 1
            self.sum += milliseconds - (math.ceil(self.sum / SAMPLES) if self.answered > SAMPLES else 0)

    def shown(self) -> Counters:
        average = math.ceil(self.sum / min(self.answered, SAMPLES)) if self.answered else 0
        return replace(SERVING, answered=self.answered, average=average)


def test_counters_are_read_by_server() -> None:
    found = read_counters(STAT, "be_backend")
    assert list(found) == ["backend1-a", "backend1-b"]
    assert found["backend1-b"] == Counters(
        answered=100, errors=11, failures=7, average=12, pending=3, up=True, check="UP L7OK"
    )
    assert found["backend1-a"].check == "DOWN L4CON Connection refused"
    assert read_counters(STAT, "be_frontend")["edge1-a"].average == 0


def test_what_was_not_answered_counts_as_a_request_and_as_an_error() -> None:
    before, after = Counters(answered=100, errors=3, failures=1), Counters(answered=140, errors=5, failures=11)
    tally = done(before, after)
    assert (tally.requests, tally.errors) == (50, 12)
    assert tally.share == 24


def test_a_haproxy_that_began_to_count_anew_tells_nothing() -> None:
    assert done(Counters(answered=100), Counters(answered=40)) == Tally()


@pytest.mark.parametrize("former", [0, 1, 20, 400, SAMPLES, 600, 20_000])
@pytest.mark.parametrize("requests", [20, 50, 400, 2000])
def test_the_response_time_is_that_of_the_watch_whatever_the_slot_answered_before(former: int, requests: int) -> None:
    server = Haproxy()
    server.answer(8, former)
    before = server.shown()
    server.answer(1000, requests)
    # The average that HAProxy shows is rounded up to a millisecond, which counts for all that it holds.
    assert done(before, server.shown()).mean == pytest.approx(1000, abs=1 + SAMPLES / requests)


def test_a_server_that_answered_nothing_took_no_time() -> None:
    server = Haproxy()
    server.answer(8, 700)
    assert done(server.shown(), server.shown()) == Tally()


def test_the_slots_that_get_requests_are_compared_with_those_of_the_other_hosts() -> None:
    before = {
        "backend1-a": Counters(answered=900, check="DOWN"),
        "backend1-b": replace(SERVING, answered=10),
        "backend2-a": replace(SERVING, answered=500),
        "backend2-b": Counters(answered=70, errors=70, check="DOWN"),
    }
    after = before | {
        "backend1-b": replace(SERVING, answered=40, errors=3, pending=2),
        "backend2-a": replace(SERVING, answered=600, errors=1),
    }
    comparison = compare(before, after, ["backend1-a", "backend1-b"], ["backend2-a", "backend2-b"])
    assert list(comparison.names) == ["backend1-b"]
    assert (comparison.canary.requests, comparison.canary.errors) == (30, 3)
    assert (comparison.others.requests, comparison.others.errors) == (100, 1)
    assert comparison.pending == 2
    assert not comparison.down


def test_where_no_host_has_the_release_before_the_emptied_slot_takes_its_place() -> None:
    before = {"backend1-a": Counters(answered=900, errors=9), "backend1-b": replace(SERVING, answered=10)}
    after = before | {"backend1-b": replace(SERVING, answered=110, errors=2)}
    comparison = compare(before, after, ["backend1-a", "backend1-b"], [])
    assert (comparison.canary.requests, comparison.canary.errors) == (100, 2)
    assert (comparison.others.requests, comparison.others.errors) == (900, 9)


def test_a_release_that_does_as_well_as_the_one_before_passes_with_the_evidence() -> None:
    verdict = judge(seen(times(412, 9, errors=4), times(398, 8, errors=4)), LIMITS)
    assert verdict.passed
    assert verdict.said == (
        "backend1-b answered 4 of 412 requests with an error (1.0 %), the others 4 of 398 (1.0 %),"
        " in 9 ms on average, the others in 8 ms."
    )


def test_more_errors_than_the_others_fail_with_the_evidence() -> None:
    verdict = judge(seen(times(412, 9, errors=23), times(398, 8)), LIMITS)
    assert not verdict.passed
    assert verdict.said == (
        "backend1-b answered 23 of 412 requests with an error (5.6 %), the others 0 of 398 (0.0 %);"
        " 2 percentage points more are allowed."
    )


def test_errors_that_the_others_have_as_well_are_not_the_release_s() -> None:
    assert judge(seen(times(400, 9, errors=120), times(400, 8, errors=116)), LIMITS).passed


def test_longer_response_times_than_the_others_in_most_parts_of_the_watch_fail_with_the_evidence() -> None:
    verdict = judge(seen(times(60, 1010), times(398, 9), slow=6), LIMITS, left=0.4)
    assert not verdict.passed
    assert verdict.said == (
        "backend1-b took 1010 ms on average to answer 60 requests, the others 9 ms for 398; 200 ms more are allowed,"
        " and were exceeded in 6 of 10 parts of the watch."
    )


def test_a_few_slow_clients_decide_nothing() -> None:
    # Two uploads of five seconds each, among thirty requests.
    assert judge(seen(times(30, 357), times(785, 5), slow=2), LIMITS).passed


def test_a_part_is_slow_where_the_others_are_faster_by_more_than_is_allowed() -> None:
    assert is_slow(seen(times(1, 210), times(40, 9)), LIMITS)
    assert not is_slow(seen(times(1, 208), times(40, 9)), LIMITS)


@pytest.mark.parametrize(("canary", "others"), [(times(60, 1010), Tally()), (Tally(), times(40, 9))])
def test_where_either_answered_nothing_response_times_are_not_compared(canary: Tally, others: Tally) -> None:
    assert not is_slow(seen(canary, others), LIMITS)


def test_too_few_requests_pass_and_that_is_said() -> None:
    verdict = judge(seen(times(12, 9, errors=1), times(400, 8)), LIMITS)
    assert verdict.passed
    assert verdict.said.endswith(
        "1 of 12 requests with an error (8.3 %), the others 0 of 400 (0.0 %): too few to judge by, which takes 50."
    )


def test_few_requests_that_all_failed_are_enough() -> None:
    assert not judge(seen(times(3, 5, errors=3), times(400, 8)), LIMITS).passed


def test_a_slow_release_that_gets_few_requests_because_it_is_slow_fails() -> None:
    """The edge sends requests where the fewest are pending: one that takes a second gets two a second."""
    assert is_slow(seen(times(2, 1008), times(78, 8)), LIMITS)
    assert not judge(seen(times(16, 1008), times(780, 8), slow=8), LIMITS).passed


def test_one_that_answers_nothing_fails_when_the_watch_is_over() -> None:
    hangs = seen(Tally(), times(400, 8), pending=3)
    assert judge(hangs, LIMITS, left=0.1).passed
    verdict = judge(hangs, LIMITS)
    assert not verdict.passed
    assert verdict.said == "backend1-b answered none of 3 requests, while the others answered 400."


def test_one_that_nobody_asked_anything_passes() -> None:
    assert judge(seen(Tally(), times(400, 8)), LIMITS).passed
    assert judge(seen(Tally(), Tally()), LIMITS).passed


def test_one_that_goes_down_fails_at_once() -> None:
    before = {"backend1-b": SERVING}
    after = {"backend1-b": Counters(check="DOWN L7STS HTTP status 503")}
    verdict = judge(compare(before, after, ["backend1-b"], ["backend2-a"]), LIMITS, left=0.9)
    assert not verdict.passed
    assert verdict.said == "The edge sends no requests to backend1-b (DOWN L7STS HTTP status 503)."


def test_one_that_an_earlier_run_took_out_of_traffic_fails() -> None:
    now = {"backend1-a": Counters(check="DOWN"), "backend1-b": Counters(check="DRAIN L7OK")}
    verdict = judge(compare(now, now, ["backend1-a", "backend1-b"], ["backend2-a"]), LIMITS, left=0.9)
    assert not verdict.passed
    assert "backend1-b (DRAIN L7OK)" in verdict.said


def test_a_release_that_fails_all_the_time_is_given_up_at_once() -> None:
    assert not judge(seen(times(20, 5, errors=20), times(20, 8)), LIMITS, left=0.95).passed


def test_a_release_that_could_still_do_well_enough_is_watched_on() -> None:
    early = seen(times(40, 9, errors=2), times(40, 8))
    assert judge(early, LIMITS, left=0.9).passed, "eight of 400 would be allowed"
    assert not judge(early, LIMITS).passed


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.floats(0.0, 1.0))
def test_what_fails_early_would_fail_in_the_end_if_all_that_follows_were_like_the_others(
    requests: int, errors: int, others: int, theirs: int, left: float
) -> None:
    errors, theirs = min(errors, requests), min(theirs, others)
    old = times(others, 8, errors=theirs)
    if not judge(seen(times(requests, 8, errors=errors), old), LIMITS, left=left).passed:
        more = requests / max(1 - left, 0.001) - requests
        share = (errors + more * old.share / 100) / (requests + more)
        assert 100 * share - old.share > LIMITS.errors * (1 - 1e-9)


def test_edges_are_judged_by_the_sum_of_what_they_saw() -> None:
    halves = [seen(times(30, 9, errors=1), times(200, 8)), seen(times(30, 9, errors=1), times(200, 8))]
    watched = [(half, judge(half, LIMITS)) for half in halves]
    assert all(verdict.passed for _, verdict in watched), "one error in fifty is allowed"
    verdict = judge_all(watched, LIMITS)
    assert not verdict.passed
    assert "2 of 60 requests" in verdict.said


def test_edges_share_the_parts_of_the_watch() -> None:
    fast, slow = seen(times(60, 9), times(60, 8)), seen(times(60, 800), times(60, 8), slow=5)
    assert judge_all([(one, judge(one, LIMITS)) for one in (fast, slow)], LIMITS).passed
    assert not judge_all([(one, judge(one, LIMITS)) for one in (slow, replace(slow, slow=6))], LIMITS).passed


def test_an_edge_that_gave_the_release_up_decides() -> None:
    bad, good = seen(times(60, 9, errors=6), times(60, 8)), seen(times(900, 9), times(900, 8))
    assert judge_all([(good, judge(good, LIMITS)), (bad, judge(bad, LIMITS))], LIMITS) == judge(bad, LIMITS)


def test_without_an_edge_there_is_nothing_against_a_release() -> None:
    limits = {"requests": 50, "errors": 2, "latency": 200}
    assert canary_verdict([{"routed": False}], limits)["passed"]


def test_the_filter_reads_what_the_module_tells() -> None:
    told = {
        "routed": True,
        "passed": True,
        "said": "",
        "servers": ["backend1-b"],
        "canary": {"requests": 100, "errors": 30, "milliseconds": 900.0},
        "others": {"requests": 100, "errors": 0, "milliseconds": 800.0},
        "slow": 0,
    }
    verdict = canary_verdict([told, {"routed": False}], {"requests": "50", "errors": "2", "latency": "200"})
    assert not verdict["passed"]
    assert "backend1-b answered 30 of 100 requests" in verdict["said"]
