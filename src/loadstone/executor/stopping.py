"""How what runs in threads is told to stop: first to begin nothing more, then to leave off."""

from __future__ import annotations

import threading
from datetime import datetime

from loadstone.executor.relay import RelayedProgress
from loadstone.model.event import ObjectVersion
from loadstone.ports import Clock, Progress

__all__ = ["LeftOff", "StoppableClock", "StoppableProgress", "Stopping"]


class LeftOff(BaseException):
    """The load was told to leave off: it is undone, and its row in the ledger taken back."""


class Stopping:
    """What all threads of a worker look at.

    Never used by a signal handler: that could come while the lock inside is held by whom it interrupts.
    """

    def __init__(self) -> None:
        self._draining = threading.Event()
        self._leaving_off = threading.Event()

    def drain(self) -> None:
        """From now on, nothing is begun, and nothing waits that has not begun."""
        self._draining.set()

    def leave_off(self) -> None:
        """From now on, loads end where they stand."""
        self._draining.set()
        self._leaving_off.set()

    @property
    def is_draining(self) -> bool:
        """Whether nothing is to be begun."""
        return self._draining.is_set()

    def wait(self, seconds: float) -> bool:
        """Waits; whether draining began, which ends it."""
        return self._draining.wait(seconds)

    def check(self) -> None:
        """Ends a load that is to leave off.

        Raises:
            LeftOff: it is.
        """
        if self._leaving_off.is_set():
            raise LeftOff


class StoppableClock:
    """A `ports.Clock` whose sleepers wake when the worker drains: who waits has nothing begun."""

    def __init__(self, clock: Clock, stopping: Stopping) -> None:
        self._clock = clock
        self._stopping = stopping

    def now(self) -> datetime:
        """The time, with zone."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Waits.

        Raises:
            LeftOff: the worker drains.
        """
        if self._stopping.wait(seconds):
            raise LeftOff


class StoppableProgress(RelayedProgress):
    """A `ports.Progress` that ends loads: they report often, and between two steps.

    Args:
        progress: who is told besides.
        stopping: what is looked at.
    """

    def __init__(self, progress: Progress, stopping: Stopping) -> None:
        super().__init__(progress)
        self._stopping = stopping

    def started(self, version: ObjectVersion) -> None:
        """Passed on; may raise `LeftOff`."""
        self._stopping.check()
        super().started(version)

    def advanced(self, version: ObjectVersion, bytes_read: int, rows: int, rejected: int) -> None:
        """Passed on; may raise `LeftOff`."""
        self._stopping.check()
        super().advanced(version, bytes_read, rows, rejected)
