"""Whether the servers of a new release do as well as those of the release before: HAProxy's counters, judged.

No input or output. Columns of `show stat`: HAProxy 3.0 Management Guide, section 9.1 (CSV format).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .haproxy import read_rows

# HAProxy averages response times over so many requests (TIME_STATS_SAMPLES in its include/haproxy/defaults.h).
SAMPLES = 512
# A watch has so many parts of the same length, each of which is judged slow or not.
PARTS = 10
ANSWERS = ("hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other")


@dataclass(frozen=True)
class Counters:
    """What HAProxy has counted for a server since it started.

    answered: requests that it answered, whatever the status
    errors:   answers with a status of 500 or above
    failures: requests that it did not answer: its connection or its answer failed
    average:  moving average of its response times, in milliseconds
    pending:  requests that it has not answered yet
    up:       whether it gets requests
    check:    its status, and what its last check said
    """

    answered: int = 0
    errors: int = 0
    failures: int = 0
    average: float = 0.0
    pending: int = 0
    up: bool = False
    check: str = ""


@dataclass(frozen=True)
class Tally:
    """What servers did in a while; `milliseconds` is the sum of their response times."""

    requests: int = 0
    errors: int = 0
    milliseconds: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.requests + other.requests, self.errors + other.errors, self.milliseconds + other.milliseconds)

    @property
    def share(self) -> float:
        """Errors, in percent of the requests."""
        return 100 * self.errors / self.requests if self.requests else 0.0

    @property
    def mean(self) -> float:
        """Response time in milliseconds."""
        return self.milliseconds / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class Limits:
    """How much worse a new release may do.

    requests: as many make a judgement; those that it lacks are taken for good ones
    errors:   percentage points by which its share of errors may exceed the others'
    latency:  milliseconds by which its mean response time may exceed the others', in half of the watch's parts and more
    """

    requests: int
    errors: float
    latency: float


@dataclass(frozen=True)
class Comparison:
    """What an edge saw of a new release beside the release before.

    names:   the servers of the new release
    canary:  what they did
    others:  what the servers of the release before did
    pending: requests that the new release has not answered yet
    down:    its servers that get no requests, each with the reason
    slow:    parts of the watch in which it took longer than is allowed
    parts:   parts of the watch
    """

    names: Sequence[str]
    canary: Tally
    others: Tally
    pending: int = 0
    down: Sequence[str] = ()
    slow: int = 0
    parts: int = PARTS


@dataclass(frozen=True)
class Verdict:
    """Whether the new release may go on, and the evidence in one sentence."""

    passed: bool
    said: str


def read_counters(text: str, backend: str) -> dict[str, Counters]:
    """Return what `show stat` says of the servers of one backend, by name."""
    return {row["svname"]: _counters(row) for row in read_rows(text, backend)}


def _counters(row: dict[str, str]) -> Counters:
    def total(*columns: str) -> int:
        return sum(int(row.get(column) or 0) for column in columns)

    return Counters(
        answered=total(*ANSWERS),
        errors=total("hrsp_5xx"),
        # One that HAProxy sent once more is counted as retried, as redispatched, or as both.
        failures=total("econ", "eresp") + max(total("wretr"), total("wredis")),
        average=total("rtime"),
        pending=total("scur", "qcur"),
        up=row["status"].startswith("UP"),
        check=" ".join(filter(None, (row["status"], row.get("check_status"), row.get("last_chk")))),
    )


def done(before: Counters, after: Counters) -> Tally:
    """Return what a server did between two looks; nothing where HAProxy began to count anew meanwhile."""
    answered = after.answered - before.answered
    errors = after.errors - before.errors
    failures = after.failures - before.failures
    if min(answered, errors, failures) < 0:
        return Tally()
    return Tally(answered + failures, errors + failures, (answered + failures) * _mean(before, after))


def _mean(before: Counters, after: Counters) -> float:
    """Return the mean response time (ms) of what was answered between two looks.

    HAProxy keeps a sum: of the first 512 response times as they are; from then on each one takes the place of a 512th
    of the sum (swrate_add_dynamic in its include/haproxy/freq_ctr.h). It shows that sum, divided. Were all response
    times between the two looks the same, this is the one that leads from the first sum to the second.
    """
    first, last = (one.average * min(one.answered, SAMPLES) for one in (before, after))
    added = max(0, min(after.answered, SAMPLES) - before.answered)
    replaced = max(0, after.answered - max(before.answered, SAMPLES))
    kept = (1 - 1 / SAMPLES) ** replaced
    weight = added * kept + SAMPLES * (1 - kept)
    return max(0.0, last - first * kept) / weight if weight else 0.0


def compare(
    before: Mapping[str, Counters], after: Mapping[str, Counters], servers: Iterable[str], others: Sequence[str]
) -> Comparison:
    """Compare what servers did between two looks at an edge.

    Args:
        before: The first look.
        after: The second look.
        servers: The slots of the hosts that have the new release; those that got requests at the first look run it.
        others: The slots of the hosts that still have the release before. Where there are none, the emptied slots of
            `servers` take their place, with all that they have done since HAProxy started.
    """
    known = [name for name in servers if name in before and name in after]
    names = [name for name in known if before[name].up]
    old = [done(before[name], after[name]) for name in others if name in before and name in after]
    past = [done(Counters(), after[name]) for name in known if name not in names]
    return Comparison(
        names,
        canary=sum((done(before[name], after[name]) for name in names), Tally()),
        others=sum(old if others else past, Tally()),
        pending=sum(after[name].pending for name in names),
        # A slot that gave itself up before the watch began is not among them, and is told where no other is.
        down=[f"{name} ({after[name].check})" for name in names or known if not after[name].up],
    )


def is_slow(part: Comparison, limits: Limits) -> bool:
    """Judge the response times of one part of a watch.

    A response time holds the time in which a client sends its body, and few of these make a high mean. They end in few
    parts, though, where a slow release is slow in all of them.
    """
    compared = part.canary.requests > 0 and part.others.requests > 0
    return compared and part.canary.mean - part.others.mean > limits.latency


def judge(seen: Comparison, limits: Limits, *, left: float = 0.0) -> Verdict:
    """Judge a new release by what it did beside the release before.

    It fails as soon as nothing can save it, and not before: as if all that it lacks to a judgement, and all that it
    will be sent until the watch ends, were done as well as the others do it. So a single early error decides nothing,
    and a release that fails all the time is given up at once; one that is slow, after half of the watch.

    Args:
        seen: What was seen of it.
        limits: What is allowed.
        left: How much of the watch is still to come, from 0 to 1. It is taken to go on as it began.
    """
    who, canary, others = ", ".join(seen.names), seen.canary, seen.others
    if seen.down:
        return Verdict(passed=False, said=f"The edge sends no requests to {', '.join(seen.down)}.")
    if not left and seen.pending and not canary.requests and others.requests >= limits.requests:
        return Verdict(
            passed=False,
            said=f"{who} answered none of {seen.pending} requests, while the others answered {others.requests}.",
        )
    horizon = max(limits.requests, canary.requests / max(1 - left, 0.001))
    weight = canary.requests / horizon
    errors = (
        f"{who} answered {canary.errors} of {canary.requests} requests with an error ({canary.share:.1f} %),"
        f" the others {others.errors} of {others.requests} ({others.share:.1f} %)"
    )
    if weight * (canary.share - others.share) > limits.errors:
        return Verdict(passed=False, said=f"{errors}; {limits.errors:g} percentage points more are allowed.")
    if 2 * seen.slow > seen.parts:
        return Verdict(
            passed=False,
            said=(
                f"{who} took {canary.mean:.0f} ms on average to answer {canary.requests} requests, the others"
                f" {others.mean:.0f} ms for {others.requests}; {limits.latency:g} ms more are allowed, and were"
                f" exceeded in {seen.slow} of {seen.parts} parts of the watch."
            ),
        )
    if canary.requests < limits.requests:
        return Verdict(passed=True, said=f"{errors}: too few to judge by, which takes {limits.requests}.")
    times = f"in {canary.mean:.0f} ms on average, the others in {others.mean:.0f} ms"
    return Verdict(passed=True, said=f"{errors}, {times}.")


def judge_all(seen: Sequence[tuple[Comparison, Verdict]], limits: Limits) -> Verdict:
    """Judge what several edges saw: one that gave the release up decides, else the sum of all."""
    for _, verdict in seen:
        if not verdict.passed:
            return verdict
    if not seen:
        return Verdict(passed=True, said="No edge sends requests to the servers.")
    names = list(dict.fromkeys(name for comparison, _ in seen for name in comparison.names))
    canary = sum((comparison.canary for comparison, _ in seen), Tally())
    others = sum((comparison.others for comparison, _ in seen), Tally())
    slow, parts = (sum(getattr(comparison, name) for comparison, _ in seen) for name in ("slow", "parts"))
    return judge(Comparison(names, canary, others, slow=slow, parts=parts), limits)
