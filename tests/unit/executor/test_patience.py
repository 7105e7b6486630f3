"""Retries: a number of tries for faults, a length of time for what is busy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import pytest

from loadstone.errors import ConnectionLost, FormatError, SlotUnavailable
from loadstone.executor.patience import Patience
from loadstone.model.event import ObjectVersion
from loadstone.model.load import LoadOutcome

OUTCOME = LoadOutcome(state="loaded", uri="u", dataset="d", table="t")


class FakeClock:
    def __init__(self) -> None:
        self.time = 0.0
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds


class Listener:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def started(self, version: ObjectVersion) -> None: ...
    def advanced(self, version: ObjectVersion, bytes_read: int, rows: int, rejected: int) -> None: ...
    def finished(self, outcome: LoadOutcome) -> None: ...
    def waiting(self, reason: str) -> None:
        self.reasons.append(reason)


def failing(times: int, error: Exception) -> Callable[[], LoadOutcome]:
    left = [times]

    def attempt() -> LoadOutcome:
        if left[0]:
            left[0] -= 1
            raise error
        return OUTCOME

    return attempt


def test_a_transient_fault_is_tried_again_with_growing_delays() -> None:
    clock, listener = FakeClock(), Listener()
    patience = Patience(attempts=5, random=Random(1))
    assert patience.persist(failing(4, ConnectionLost("gone")), clock, listener) is OUTCOME
    assert len(clock.sleeps) == 4
    assert all(delay <= 0.25 * 2**i for i, delay in enumerate(clock.sleeps))
    assert "gone; trying again (2 of 5)" in listener.reasons


def test_after_the_last_attempt_the_fault_comes_out() -> None:
    with pytest.raises(ConnectionLost):
        Patience(attempts=3).persist(failing(3, ConnectionLost("gone")), FakeClock(), Listener())


def test_a_terminal_error_is_not_tried_again() -> None:
    clock = FakeClock()
    with pytest.raises(FormatError):
        Patience().persist(failing(1, FormatError("bad")), clock, Listener())
    assert clock.sleeps == []


def test_a_slot_is_waited_for_by_time_not_by_number_of_tries() -> None:
    clock = FakeClock()
    patience = Patience(attempts=2, wait_seconds=1_000, random=Random(1))
    assert patience.persist(failing(100, SlotUnavailable("full")), clock, Listener()) is OUTCOME
    assert max(clock.sleeps) <= 2.0


def test_waiting_for_a_slot_ends_when_the_time_is_up() -> None:
    clock = FakeClock()
    with pytest.raises(SlotUnavailable):
        Patience(wait_seconds=20, random=Random(1)).persist(
            failing(10_000, SlotUnavailable("full")), clock, Listener()
        )
    assert 20 <= clock.time < 23
