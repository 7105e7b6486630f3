"""The time that an invocation of the function has, and a clean end before it is over."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from loadstone.errors import OutOfTime
from loadstone.executor.deadline import DeadlineProgress, Interrupted
from loadstone.platform.alarm import alarmed
from loadstone.platform.clock import SystemClock
from loadstone.wiring.quiet import Quiet

__all__ = ["Context", "InvocationTime"]

#: Seconds before a function's end at which loads are ended, so that what they did is undone before it. Of
#: short times a share.
_RESERVE = 5.0
_RESERVED_SHARE = 0.2
#: Part of the reserve after which what did not look at the clock is interrupted.
_LAST_CALL = 0.3
_SHUTDOWN = "the function's environment is shut down; nothing of the file was kept"


class Context(Protocol):
    """What Lambda tells of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until it is ended."""


class InvocationTime:
    """How long an invocation has, less what it takes to end cleanly.

    Attributes:
        progress: ends loads when the time is over.
        reason: why nothing more is begun; None while there is time.
    """

    def __init__(self, seconds: float) -> None:
        reserve = min(_RESERVE, seconds * _RESERVED_SHARE)
        clock = SystemClock()
        self.progress = DeadlineProgress(Quiet(), clock, clock.monotonic() + seconds - reserve)
        self._last_call = seconds - reserve * (1 - _LAST_CALL)
        self._stopped: str | None = None

    @classmethod
    @contextmanager
    def of(cls, context: Context) -> Iterator[InvocationTime]:
        """What an invocation has left. Ends what is inside, and after SIGTERM the process, too."""
        time = cls(context.get_remaining_time_in_millis() / 1000)
        over = partial(time._interrupted, "the function's time is over; nothing of the file was kept")
        stop = partial(time._interrupted, _SHUTDOWN)
        with alarmed(time._last_call, over, stop):
            yield time
        if time.reason == _SHUTDOWN:
            sys.exit(0)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._stopped is not None or self.progress.is_over

    @property
    def reason(self) -> str | None:
        """Why nothing more is begun."""
        return self._stopped or ("the function's time is over" if self.progress.is_over else None)

    def require(self) -> None:
        """Lets nothing begin that could not end.

        Raises:
            OutOfTime: there is no time left.
        """
        if self.is_over:
            raise OutOfTime(f"it was not begun: {self.reason}")

    def _interrupted(self, reason: str) -> Interrupted:
        self._stopped = reason
        return Interrupted(OutOfTime(reason, hint="it comes again; see docs/guides/lambda.md"))
