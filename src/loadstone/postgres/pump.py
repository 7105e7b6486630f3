"""A thread that writes chunks while the next ones are made."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from loadstone.errors import ConnectionLost
from loadstone.model.batch import Chunk
from loadstone.platform.background import BackgroundThread

__all__ = ["Pump"]

_FAREWELL_SECONDS = 10.0


class Pump:
    """Hands chunks to `consume` in a thread of its own, in order, `depth` of them ahead at most.

    An error of `consume` comes back from the next `put` or from `finish`; chunks after it are dropped.

    Args:
        consume: what is done with each chunk.
        stop: set by `close`; `consume` is to look at it where it waits.
        depth: chunks that may wait.
    """

    def __init__(self, consume: Callable[[Chunk], None], stop: threading.Event, *, depth: int = 4) -> None:
        self._consume = consume
        self._stop = stop
        # Of the queues only this kind holds no lock while an interrupt may come.
        self._chunks: SimpleQueue[Chunk | None] = SimpleQueue()
        self._room: SimpleQueue[None] = SimpleQueue()
        for _ in range(depth):
            self._room.put(None)
        self._error: BaseException | None = None
        self._thread: BackgroundThread | None = None

    def put(self, chunk: Chunk) -> None:
        """Hands over a chunk; waits while `depth` of them are ahead.

        Raises:
            Exception: what `consume` raised for an earlier chunk.
        """
        if self._thread is None:
            self._thread = BackgroundThread(self._run, "loadstone-copy")
            self._thread.start()
        self._room.get()
        if self._error is not None:
            raise self._error
        self._chunks.put(chunk)

    def finish(self) -> None:
        """Waits until all chunks are consumed.

        Raises:
            Exception: what `consume` raised.
        """
        if self._thread is not None:
            self._chunks.put(None)
            self._thread.wait()
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
        self._chunks.put(None)
        has_ended = self._thread.wait(_FAREWELL_SECONDS)
        self._thread = None
        if not has_ended:
            raise ConnectionLost("the database does not answer", hint="the load's connection is given up")

    def _run(self) -> None:
        while (chunk := self._chunks.get()) is not None:
            self._room.put(None)
            if self._error is not None or self._stop.is_set():
                continue  # who puts must never be left waiting
            try:
                self._consume(chunk)
            except BaseException as error:  # noqa: BLE001 - raised again where the load is
                self._error = error
