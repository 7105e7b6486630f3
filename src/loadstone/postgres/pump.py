"""A thread that writes chunks while the next ones are made."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from loadstone.errors import ConnectionLost
from loadstone.model.batch import Chunk

__all__ = ["Pump"]

_LOOK_UP_SECONDS = 0.5
_FAREWELL_SECONDS = 10.0


class Pump:
    """Hands chunks to `consume` in a thread of its own, in order, `depth` of them ahead at most.

    An error of `consume` comes back from the next `put` or from `finish`; chunks after it are dropped.

    Args:
        consume: what is done with each chunk.
        stop: set by `close`; `consume` is to look at it where it waits.
        depth: chunks that may wait.
    """

    def __init__(self, consume: Callable[[Chunk], None], stop: threading.Event, *, depth: int = 2) -> None:
        self._consume = consume
        self._stop = stop
        self._queue: queue.Queue[Chunk | None] = queue.Queue(depth)
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def put(self, chunk: Chunk) -> None:
        """Hands over a chunk; waits while `depth` of them are ahead.

        Raises:
            Exception: what `consume` raised for an earlier chunk.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="loadstone-copy", daemon=True)
            self._thread.start()
        while self._error is None:
            try:
                self._queue.put(chunk, timeout=_LOOK_UP_SECONDS)
            except queue.Full:
                continue
            return
        raise self._error

    def finish(self) -> None:
        """Waits until all chunks are consumed.

        Raises:
            Exception: what `consume` raised.
        """
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Ends the thread, whatever it is doing. Harmless when it has ended.

        Raises:
            ConnectionLost: it hangs; the connection must be closed.
        """
        if self._thread is None:
            return
        self._stop.set()
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                break
        self._queue.put(None)
        self._thread.join(_FAREWELL_SECONDS)
        hangs = self._thread.is_alive()
        self._thread = None
        if hangs:
            raise ConnectionLost("the database does not answer", hint="the load's connection is given up")

    def _run(self) -> None:
        while (chunk := self._queue.get()) is not None:
            if self._error is not None or self._stop.is_set():
                continue  # who puts must never be left waiting
            try:
                self._consume(chunk)
            except BaseException as error:  # noqa: BLE001 - raised again where the load is
                self._error = error
