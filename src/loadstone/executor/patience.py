"""How long to go on: faults are retried a number of times, busy things are waited for a length of time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeVar

from msgspec import Struct, field

from loadstone.errors import ObjectBusy, SlotUnavailable, TableBusy, Transient
from loadstone.model.load import LoadOutcome
from loadstone.platform.retry import Backoff
from loadstone.ports import Clock, Progress

__all__ = ["Patience"]

_Result = TypeVar("_Result", bound=LoadOutcome)

_AFTER_A_FAULT = Backoff(first=0.25, longest=20.0)
# Who waits for a slot asks oftener than who waits for a fault to pass.
_WHILE_BUSY = Backoff(first=0.1, longest=2.0)


class Patience(Struct):
    """Retries with exponential backoff and full jitter.

    Attributes:
        attempts: how often a load is begun in all while faults are transient.
        wait_seconds: how long slots, tables and other workers are waited for, in all, holding nothing.
        random: where the jitter comes from.
    """

    attempts: int = 5
    wait_seconds: float = 600.0
    random: Random = field(default_factory=Random)

    def persist(self, attempt: Callable[[], _Result], clock: Clock, progress: Progress) -> _Result:
        """Runs the attempt until it answers, fails for good, or patience ends.

        Raises:
            LoadstoneError: the last fault.
        """
        faults, polls, deadline = 0, 0, clock.monotonic() + self.wait_seconds
        while True:
            try:
                return attempt()
            except (SlotUnavailable, TableBusy, ObjectBusy) as busy:
                if clock.monotonic() >= deadline:
                    raise
                polls += 1
                progress.waiting(str(busy))
                clock.sleep(_WHILE_BUSY.delay(polls, self.random))
            except Transient as fault:
                faults += 1
                if faults >= self.attempts:
                    raise
                progress.waiting(f"{fault}; trying again ({faults + 1} of {self.attempts})")
                clock.sleep(_AFTER_A_FAULT.delay(faults, self.random))
