"""Time that is over, and a shutdown, as exceptions in the main thread: what blocks there is ended, too."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["alarmed"]


@contextmanager
def alarmed(
    seconds: float, on_alarm: Callable[[], BaseException], on_stop: Callable[[], BaseException]
) -> Iterator[None]:
    """Raises one of two exceptions inside, once: where time is over, or where SIGTERM asks to stop.

    Afterwards signals do what they did before. In any other thread than the main one, nothing is raised.

    Args:
        seconds: until the alarm.
        on_alarm: makes what is raised then.
        on_stop: makes what is raised for SIGTERM.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, _frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        for each in (signal.SIGALRM, signal.SIGTERM):  # what is ended now is not to be ended twice
            signal.signal(each, signal.SIG_IGN)
        raise on_alarm() if number == signal.SIGALRM else on_stop()

    former = {number: signal.signal(number, ring) for number in (signal.SIGALRM, signal.SIGTERM)}
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler in former.items():
            signal.signal(number, handler)
