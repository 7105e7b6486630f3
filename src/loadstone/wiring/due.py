"""Notifications that no load brings, sent while a worker runs: nothing arrived by its time, for one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from loadstone.errors import LoadstoneError
from loadstone.executor.deliveries import Journal
from loadstone.executor.stopping import LeftOff
from loadstone.platform.background import BackgroundThread
from loadstone.ports import Clock

__all__ = ["SendingDue"]

_SECONDS = 60.0


class SendingDue:
    """A thread that sends what is due, every minute, until the worker ends.

    Args:
        send: sends what is due, and yields it.
        clock: its sleep ends, with `LeftOff`, when the worker drains.
        journal: is told what cannot be done.
    """

    def __init__(self, send: Callable[[], Iterable[object]], clock: Clock, journal: Journal) -> None:
        self._send = send
        self._clock = clock
        self._journal = journal
        self._thread = BackgroundThread(self._run, "notifications")
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Waits for the end, which comes when the worker drains; whether it came."""
        return self._thread.wait(seconds)

    def _run(self) -> None:
        while True:
            try:
                for _ in self._send():
                    pass
            except LoadstoneError as error:
                self._journal.trouble(f"notifications: {error}")
            except Exception as error:  # noqa: BLE001 - loads go on without
                self._journal.trouble(f"notifications: unexpected: {type(error).__name__}: {error}")
            try:
                self._clock.sleep(_SECONDS)
            except LeftOff:
                return
