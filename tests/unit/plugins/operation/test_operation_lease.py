"""One operator at a time, and whoever lost his lease finds out before he changes anything."""

from __future__ import annotations

import json
import multiprocessing
from typing import TYPE_CHECKING

import pytest
from operation import lease
from operation.folder import locked
from operation.lease import LeaseError, Taker

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lease.json"


def test_a_second_operator_is_refused_and_told_by_whom(path: Path) -> None:
    lease.take(path, Taker("ana@laptop", "upgrade to 1.1.0"), 600, now=0)
    expected = (
        r"ana@laptop \(upgrade to 1.1.0, since 00:00:00 UTC, until 00:10:00 UTC unless it goes on\) works on this"
    )
    with pytest.raises(LeaseError, match=expected):
        lease.take(path, Taker("bob@desk", "rollback"), 600, now=599)


def test_a_lease_that_was_given_back_can_be_taken_at_once(path: Path) -> None:
    first, _ = lease.take(path, Taker("ana", "upgrade"), 600, now=0)
    lease.release(path, first.number)
    second, abandoned = lease.take(path, Taker("bob", "rollback"), 600, now=1)
    assert second.number == first.number + 1
    assert abandoned is None


def test_one_s_own_lease_may_be_taken_over_and_stops_the_run_that_had_it(path: Path) -> None:
    killed, _ = lease.take(path, Taker("ana", "upgrade"), 600, now=0)
    with pytest.raises(LeaseError, match=r"ana .* works on this fleet"):
        lease.take(path, Taker("ana", "upgrade"), 600, now=1)
    with pytest.raises(LeaseError, match=r"ana .* works on this fleet"):
        lease.take(path, Taker("bob", "upgrade", over=True), 600, now=1)
    _, abandoned = lease.take(path, Taker("ana", "upgrade", over=True), 600, now=1)
    assert abandoned == killed
    with pytest.raises(LeaseError, match="Lease 1 is over"):
        lease.renew(path, killed.number, 600, now=2)


def test_one_s_own_lease_is_taken_over_at_once_when_its_run_was_killed_and_not_while_it_lives(path: Path) -> None:
    lease.take(path, Taker("ana", "upgrade", process="1"), 600, now=0)
    with pytest.raises(LeaseError, match=r"ana .* works on this fleet"):
        lease.take(path, Taker("ana", "upgrade", process="2", alive=["2", "1"], over=True), 600, now=1)
    with pytest.raises(LeaseError, match=r"ana .* works on this fleet"):
        lease.take(path, Taker("bob", "upgrade", process="2", alive=["2"]), 600, now=1)
    second, abandoned = lease.take(path, Taker("ana", "upgrade", process="2", alive=["2"]), 600, now=1)
    assert (second.process, abandoned.process if abandoned else "") == ("2", "1")


def test_whoever_takes_an_expired_lease_is_told_whose_it_was(path: Path) -> None:
    first, _ = lease.take(path, Taker("ana", "upgrade"), 600, now=0)
    second, abandoned = lease.take(path, Taker("bob", "rollback"), 600, now=600)
    assert abandoned == first
    assert second.number == 2


def test_a_lease_is_kept_as_long_as_its_end_is_put_off(path: Path) -> None:
    first, _ = lease.take(path, Taker("ana", "upgrade"), 600, now=0)
    lease.renew(path, first.number, 600, now=599)
    with pytest.raises(LeaseError):
        lease.take(path, Taker("bob", "rollback"), 600, now=1100)


def test_an_expired_lease_that_nobody_took_is_still_its_holders(path: Path) -> None:
    first, _ = lease.take(path, Taker("ana", "upgrade"), 600, now=0)
    assert lease.renew(path, first.number, 600, now=700).held(now=1000)


@pytest.mark.parametrize("step", [lambda path: lease.renew(path, 1, 600, now=700), lambda path: lease.release(path, 1)])
def test_whoever_wakes_up_after_somebody_took_over_is_fenced_off(path: Path, step: object) -> None:
    lease.take(path, Taker("ana", "upgrade"), 600, now=0)
    lease.take(path, Taker("bob", "rollback"), 600, now=600)
    with pytest.raises(LeaseError, match=r"Lease 1 is over: bob .* has taken over since"):
        step(path)  # type: ignore[operator]
    assert lease.look(path).owner == "bob"
    assert not lease.look(path).released


def test_a_released_lease_is_not_given_back_twice(path: Path) -> None:
    first, _ = lease.take(path, Taker("ana", "upgrade"), 600, now=0)
    lease.release(path, first.number)
    with pytest.raises(LeaseError, match="released already"):
        lease.release(path, first.number)


def test_a_dry_run_is_refused_like_a_real_one_and_writes_nothing(path: Path) -> None:
    lease.take(path, Taker("ana", "upgrade"), 600, now=0, dry=True)
    assert not path.exists()
    lease.take(path, Taker("ana", "upgrade"), 600, now=0)
    with pytest.raises(LeaseError):
        lease.take(path, Taker("bob", "rollback"), 600, now=1, dry=True)


def test_a_lease_is_readable_by_its_owner_alone(path: Path) -> None:
    lease.take(path, Taker("ana", "upgrade"), 600, now=0)
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["owner"] == "ana"


def contend(folder: Path, who: int, taken: multiprocessing.Queue[int]) -> None:
    with locked(folder):
        try:
            lease.take(folder / "lease.json", Taker(f"operator {who}", "upgrade"), 600, now=0)
        except LeaseError:
            return
        taken.put(who)


def test_of_twenty_at_once_one_gets_it(tmp_path: Path) -> None:
    taken: multiprocessing.Queue[int] = multiprocessing.Queue()
    operators = [multiprocessing.Process(target=contend, args=(tmp_path, who, taken)) for who in range(20)]
    for operator in operators:
        operator.start()
    for operator in operators:
        operator.join(timeout=60)
    winner = taken.get(timeout=5)
    assert taken.empty()
    assert lease.look(tmp_path / "lease.json").owner == f"operator {winner}"
    assert lease.look(tmp_path / "lease.json").number == 1
