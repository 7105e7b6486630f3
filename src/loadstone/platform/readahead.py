"""Reading ahead: a thread fetches, hashes and inflates the next blocks while the codec works on this one."""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING

from loadstone.platform.background import BackgroundThread

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from loadstone.ports import ByteStream

__all__ = ["BLOCK_SIZE", "ReadAhead"]

#: Bytes asked of the stream at a time.
BLOCK_SIZE = 1024 * 1024

#: Seconds that `close` waits for a read that is under way.
_CLOSE_TIMEOUT = 5.0


class ReadAhead:
    """A `ByteStream` that stays up to `blocks` blocks ahead of its reader.

    The first block is read by the caller's own thread; only where there is more does a thread start, so that
    small files cost none. What the stream raises is raised by the `read` that would have returned the bytes.

    Args:
        stream: where the bytes come from; closed with this one.
        blocks: how many to hold ready, 0 for no thread at all; at most
            `(blocks + 2) * block_size` bytes are in memory.
        block_size: bytes asked of the stream at a time.
    """

    def __init__(self, stream: ByteStream, *, blocks: int = 3, block_size: int = BLOCK_SIZE) -> None:
        self._stream = stream
        self._block_size = block_size
        self._ready: SimpleQueue[bytes | memoryview | BaseException] = SimpleQueue()
        self._blocks = blocks
        # Queues of this kind hold no lock while an interrupt may come, as a semaphore does.
        self._room: SimpleQueue[None] = SimpleQueue()
        for _ in range(blocks):
            self._room.put(None)
        self._thread: BackgroundThread | None = None
        self._is_closing = False
        self._is_at_end = False
        self._has_begun = False
        self._current = memoryview(b"")

    def read(self, size: int, /) -> memoryview:
        """Up to `size` bytes; empty at the end."""
        if not self._current and not self._is_at_end:
            self._current = self._next_block()
        taken, self._current = self._current[:size], self._current[size:]
        return taken

    def readinto(self, buffer: Buffer) -> int:
        """Fills the buffer as far as there are bytes; returns how many. Fewer than fit only at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and (block := self.read(len(view) - filled)):
            view[filled : filled + len(block)] = block
            filled += len(block)
        return filled

    def close(self) -> None:
        """Stops the thread and closes the stream. Harmless when already closed."""
        self._is_closing = self._is_at_end = True
        self._current = memoryview(b"")
        if self._thread is not None:
            self._room.put(None)
            self._thread.wait(_CLOSE_TIMEOUT)
            self._thread = None
        self._stream.close()

    def _next_block(self) -> memoryview:
        if not self._has_begun or not self._blocks:
            first = self._stream.read(self._block_size)
            self._is_at_end = not first
            if first and self._blocks:
                self._after_first(first)
            self._has_begun = True
            return memoryview(first)
        block = self._ready.get()
        self._room.put(None)
        if isinstance(block, BaseException):
            self._is_at_end = True
            raise block
        self._is_at_end = not block
        return memoryview(block)

    def _after_first(self, first: bytes | memoryview) -> None:
        """Starts the thread, unless the first block shows that a second look finds the end."""
        if len(first) < self._block_size:
            second = self._attempt(Exception)  # an interrupt is the caller's, and at once
            self._ready.put(second)
            self._room.get()
            if isinstance(second, BaseException) or not second:
                return
        self._thread = BackgroundThread(self._run, "loadstone-read-ahead")
        self._thread.start()

    def _attempt(self, kept: type[BaseException]) -> bytes | memoryview | BaseException:
        """The next block, or the error that the reader's thread is to raise in its place."""
        try:
            return self._stream.read(self._block_size)
        except kept as error:
            return error

    def _run(self) -> None:
        while True:
            self._room.get()
            if self._is_closing:
                return
            block = self._attempt(BaseException)
            self._ready.put(block)
            if isinstance(block, BaseException) or not block:
                return
