"""Another try where another try may help: only for `Transient`, with growing, random waits."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from loadstone.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Callable

    from loadstone.ports import Clock

__all__ = ["Backoff", "retrying"]

Result = TypeVar("Result")


class Backoff(Struct, frozen=True):
    """How long to wait: full jitter, uniform between nothing and a ceiling that doubles with each attempt.

    Many workers that fail together thus do not come back together.

    Attributes:
        first: the ceiling after the first attempt, in seconds.
        longest: what the ceiling never exceeds, in seconds.
    """

    first: float = 0.25
    longest: float = 20.0

    def ceiling(self, attempt: int) -> float:
        """The longest wait after the attempt of this number, from 1."""
        return float(min(self.longest, self.first * 2 ** min(attempt - 1, 62)))

    def delay(self, attempt: int, source: random.Random) -> float:
        """The wait after the attempt of this number, from 1."""
        return source.uniform(0.0, self.ceiling(attempt))


def retrying(
    operation: Callable[[], Result],
    *,
    attempts: int,
    clock: Clock,
    backoff: Backoff | None = None,
    source: random.Random | None = None,
    on_retry: Callable[[Transient, int, float], None] | None = None,
) -> Result:
    """Runs an operation until it succeeds, fails for good, or has used up its attempts.

    Args:
        operation: what to do; must be safe to do again after a `Transient`.
        attempts: how often at most, the first time included.
        clock: does the waiting.
        backoff: how long to wait between attempts.
        source: of the jitter; seeded, the waits are the same each time.
        on_retry: told the error, the number of the attempt that failed (from 1), and the seconds to wait.

    Raises:
        Transient: the last attempt's, once all are used up.
        Exception: whatever else the operation raises, at once.
    """
    if attempts < 1:
        raise ValueError(f"attempts must be at least 1, not {attempts}")
    backoff = backoff or Backoff()
    source = source or random.Random()  # noqa: S311
    for attempt in range(1, attempts):
        try:
            return operation()
        except Transient as error:
            delay = backoff.delay(attempt, source)
            if on_retry is not None:
                on_retry(error, attempt, delay)
        clock.sleep(delay)
    return operation()
