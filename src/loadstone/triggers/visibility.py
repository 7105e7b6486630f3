"""Messages that are being worked on stay ours: their visibility time-out is extended, again and again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from loadstone.errors import LoadstoneError
from loadstone.platform.background import BackgroundThread
from loadstone.triggers.sqs import Message, Queue

__all__ = ["VisibilityKeeper"]

logger = logging.getLogger(__name__)

#: Three tries before a message would be another's.
_SHARE = 3


class VisibilityKeeper:
    """A thread that extends, at a third of the time-out, what is kept at that moment.

    Args:
        queue: that the messages are from.
        visibility: the time-out, in seconds.
        on_beat: called after each extension, with the number of messages.
    """

    def __init__(self, queue: Queue, visibility: int, on_beat: Callable[[int], None] | None = None) -> None:
        self._queue = queue
        self._visibility = visibility
        self._on_beat = on_beat
        self._lock = threading.Lock()
        self._kept: dict[str, Message] = {}
        self._stops: SimpleQueue[None] = SimpleQueue()
        self._thread = BackgroundThread(self._run, "visibility")

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; what is kept becomes visible in its time."""
        self._stops.put(None)

    def keep(self, message: Message) -> None:
        """From now on, until `release`."""
        with self._lock:
            self._kept[message.receipt] = message

    def release(self, message: Message) -> bool:
        """No longer; whether it was kept, that is, whether nobody else released it before."""
        with self._lock:
            return self._kept.pop(message.receipt, None) is not None

    def _run(self) -> None:
        while True:
            try:
                self._stops.get(timeout=self._visibility / _SHARE)
            except Empty:
                self._beat()
            else:
                return

    def _beat(self) -> None:
        with self._lock:
            kept = list(self._kept.values())
        if not kept:
            return
        try:
            for message in self._queue.hide(kept, self._visibility):
                # Its load may still be the one that commits; if not, it finds the other's.
                if self.release(message):
                    logger.warning("message %s was taken over by another worker", message.id)
        except LoadstoneError as error:
            logger.warning("%d messages may come again early: %s", len(kept), error)
        except Exception:
            logger.exception("messages may come again early")
        if self._on_beat is not None:
            self._on_beat(len(kept))
