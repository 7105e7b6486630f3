"""A load that has to be over by a certain time: where it reports, it is ended in time to be undone."""

from __future__ import annotations

from loadstone.errors import LoadstoneError, OutOfTime
from loadstone.executor.relay import RelayedProgress
from loadstone.model.event import ObjectVersion
from loadstone.ports import Clock, Progress

__all__ = ["DeadlineProgress", "Interrupted"]


class Interrupted(KeyboardInterrupt):
    """Ends what is under way from outside, as Ctrl-C does, and knows what the ledger is to be told.

    Attributes:
        error: the reason.
    """

    def __init__(self, error: LoadstoneError) -> None:
        super().__init__(str(error))
        self.error = error


class DeadlineProgress(RelayedProgress):
    """A `ports.Progress` that ends loads once their time is over.

    Args:
        progress: who is told besides.
        clock: whose monotonic time counts.
        ends: when, in that clock's time.
    """

    def __init__(self, progress: Progress, clock: Clock, ends: float) -> None:
        super().__init__(progress)
        self._clock = clock
        self._ends = ends

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be begun."""
        return self._clock.monotonic() >= self._ends

    def advanced(self, version: ObjectVersion, bytes_read: int, rows: int, rejected: int) -> None:
        """Passed on.

        Raises:
            OutOfTime: the time is over.
        """
        if self.is_over:
            share = f"{bytes_read / version.size:.0%}" if version.size else f"{rows:,} rows"
            raise OutOfTime(
                f"the time was over when {share} of the file had been read; nothing of it was kept",
                where=version.uri,
                hint="give the function more time or memory, or load large files by `loadstone run`",
            )
        super().advanced(version, bytes_read, rows, rejected)

    def waiting(self, reason: str) -> None:
        """Passed on.

        Raises:
            OutOfTime: the time is over.
        """
        if self.is_over:
            raise OutOfTime(f"the time was over while it waited: {reason}")
        super().waiting(reason)
