"""A thread beside the main one that begins and ends well, at whatever moment Ctrl-C comes.

`threading.Thread.join`, interrupted, takes a thread that still runs for one that has ended (Python 3.11 and
3.12), and raises where the interrupt came before the thread began. Who goes on then shares what the thread
uses with it. So the end is told by the thread itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from queue import Empty, SimpleQueue

__all__ = ["BackgroundThread"]

#: What woke a wait may be lost with the interrupt that ended it, so no wait relies on being woken.
_LOOK_UP_SECONDS = 0.5


class BackgroundThread:
    """Runs a function once, in a daemon thread.

    Args:
        run: must not raise.
        name: of the thread.
    """

    def __init__(self, run: Callable[[], None], name: str) -> None:
        self._run = run
        self._context = copy_context()  # lines that it logs tell the load, as those of its starter do
        self._thread = threading.Thread(target=self._whole, name=name, daemon=True)
        self._is_started = False
        self._is_wanted = True
        self._has_begun = False
        self._has_ended = False
        self._end: SimpleQueue[None] = SimpleQueue()

    def start(self) -> None:
        """Begins."""
        self._thread.start()
        self._is_started = True

    def wait(self, seconds: float | None = None) -> bool:
        """Waits for the end; whether it came. Where `start` was interrupted, nothing is run any more."""
        if not self._is_started:
            self._is_wanted = False
            if not self._has_begun:
                return True  # it will see that it is not wanted, if it begins at all
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._has_ended:
            left = _LOOK_UP_SECONDS if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return False
            try:
                self._end.get(timeout=min(left, _LOOK_UP_SECONDS))
            except Empty:
                continue
        return True

    def _whole(self) -> None:
        self._has_begun = True
        try:
            if self._is_wanted:
                self._context.run(self._run)
        finally:
            self._has_ended = True
            self._end.put(None)
