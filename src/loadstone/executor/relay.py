"""A progress that passes on what it is told, for those that add something of their own."""

from __future__ import annotations

from loadstone.model.event import ObjectVersion
from loadstone.model.load import LoadOutcome
from loadstone.ports import Progress

__all__ = ["RelayedProgress"]


class RelayedProgress:
    """A `ports.Progress` that tells another.

    Args:
        progress: who is told.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def started(self, version: ObjectVersion) -> None:
        """Passed on."""
        self._progress.started(version)

    def advanced(self, version: ObjectVersion, bytes_read: int, rows: int, rejected: int) -> None:
        """Passed on."""
        self._progress.advanced(version, bytes_read, rows, rejected)

    def waiting(self, reason: str) -> None:
        """Passed on."""
        self._progress.waiting(reason)

    def finished(self, outcome: LoadOutcome) -> None:
        """Passed on."""
        self._progress.finished(outcome)
