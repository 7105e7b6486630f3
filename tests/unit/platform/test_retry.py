"""Another try for what is worth it, after waits that grow and never agree."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import ConnectionLost, ObjectMissing, SourceUnavailable, Transient
from loadstone.platform.clock import SystemClock
from loadstone.platform.retry import Backoff, retrying


class Waits(list[float]):
    """A clock that notes the waits."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return sum(self)

    def sleep(self, seconds: float) -> None:
        self.append(seconds)


class Failing:
    """Raises each error once, in order, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_transient_errors_are_tried_again_until_it_works() -> None:
    operation, clock = Failing(ConnectionLost("a"), SourceUnavailable("b")), Waits()
    told: list[tuple[str, int, float]] = []
    answer = retrying(
        operation,
        attempts=5,
        clock=clock,
        on_retry=lambda error, attempt, delay: told.append((error.what, attempt, delay)),
    )
    assert answer == "done"
    assert operation.calls == 3
    assert told == [("a", 1, clock[0]), ("b", 2, clock[1])]


def test_the_last_attempts_error_is_raised() -> None:
    operation, clock = Failing(*(ConnectionLost(str(n)) for n in range(9))), Waits()
    with pytest.raises(ConnectionLost, match="2"):
        retrying(operation, attempts=3, clock=clock)
    assert operation.calls == 3
    assert len(clock) == 2


@pytest.mark.parametrize("error", [ObjectMissing("gone"), ZeroDivisionError("a bug")])
def test_anything_else_is_raised_at_once(error: Exception) -> None:
    operation, clock = Failing(error), Waits()
    with pytest.raises(type(error)):
        retrying(operation, attempts=5, clock=clock)
    assert operation.calls == 1
    assert clock == []


def test_one_attempt_never_waits() -> None:
    clock = Waits()
    with pytest.raises(Transient):
        retrying(Failing(ConnectionLost("a")), attempts=1, clock=clock)
    assert clock == []
    with pytest.raises(ValueError, match="at least 1"):
        retrying(Failing(), attempts=0, clock=clock)


def test_a_seed_makes_the_waits_the_same() -> None:
    def waits(seed: int) -> list[float]:
        clock = Waits()
        errors = [ConnectionLost("a") for _ in range(6)]
        retrying(Failing(*errors), attempts=7, clock=clock, source=random.Random(seed))
        return list(clock)

    assert waits(1) == waits(1)
    assert waits(1) != waits(2)


@given(attempt=st.integers(1, 10_000), seed=st.integers())
def test_a_wait_is_between_nothing_and_a_ceiling_that_doubles_up_to_the_longest(
    attempt: int, seed: int
) -> None:
    backoff = Backoff(first=0.5, longest=30)
    assert 0 <= backoff.delay(attempt, random.Random(seed)) <= backoff.ceiling(attempt) <= 30
    assert backoff.ceiling(1) == 0.5
    assert backoff.ceiling(attempt + 1) == min(30, 2 * backoff.ceiling(attempt))


def test_the_system_clock_goes_forward_and_has_a_zone() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0)
    assert clock.monotonic() >= before
    assert clock.now().tzinfo is UTC
