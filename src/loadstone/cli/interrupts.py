"""Being told to stop: Ctrl-C, or SIGTERM, which is treated the same: roll back, give slots back, say so."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["handling", "interruptible"]

#: Seconds until an interrupt that was dropped comes again: by then the destructor is done.
_MOMENT = 0.05


@contextmanager
def interruptible() -> Iterator[None]:
    """Lets no interrupt be lost.

    What a destructor raises, or a weak reference's callback, Python reports and drops; an interrupt that came
    at such a moment comes again. A library may make an error of its own of one; that error is the interrupt.

    Where SIGINT was ignored from the beginning, as in a script's background (`loadstone load &`), it stays
    so: Ctrl-C is meant for what runs in the foreground. SIGTERM is heeded everywhere.

    Raises:
        KeyboardInterrupt: the program was told to stop.
    """
    told: list[int] = []
    again: list[threading.Timer] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        raise KeyboardInterrupt

    def repeat(dropped: sys.UnraisableHookArgs, /) -> None:
        if not issubclass(dropped.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(dropped)
            return
        main = threading.main_thread().ident or 0
        again.append(threading.Timer(_MOMENT, signal.pthread_kill, [main, signal.SIGTERM]))
        again[-1].daemon = True
        again[-1].start()

    with handling(stop), _dropping(repeat):
        try:
            yield
        except Exception as error:
            if told:
                raise KeyboardInterrupt from error
            raise
        finally:
            for timer in again:
                timer.cancel()


@contextmanager
def handling(stop: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """What SIGTERM and Ctrl-C do inside; in any other thread than the main one nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are none of its business
        return
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if former[signal.SIGINT] is signal.SIG_IGN:
        del former[signal.SIGINT]
    try:
        for number in former:
            signal.signal(number, stop)
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def _dropping(hook: Callable[[sys.UnraisableHookArgs], None]) -> Iterator[None]:
    former, sys.unraisablehook = sys.unraisablehook, hook
    try:
        yield
    finally:
        sys.unraisablehook = former
