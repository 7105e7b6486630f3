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
BLOCK_SIZE = 512 * 1024

#: Blocks read by the caller's own thread; the first may be no more than what somebody peeked at.
_READ_HERE = 2

#: Seconds that `close` waits for a read that is under way.
_CLOSE_TIMEOUT = 5.0


class ReadAhead:
    """A `ByteStream` that stays up to `blocks` blocks ahead of its reader.

    The first blocks, from which it is told what the file is, are read by the caller's own thread: small files
    cost no other, and nothing takes the interpreter from those who look at them. What the stream raises is
    raised by the `read` that would have returned the bytes.

    Args:
        stream: where the bytes come from; closed with this one.
        blocks: how many to hold ready, 0 for no thread at all; at most
            `(blocks + 2) * block_size` bytes are in memory.
        block_size: bytes asked of the stream at a time.
    """

    def __init__(self, stream: ByteStream, *, blocks: int = 4, block_size: int = BLOCK_SIZE) -> None:
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
        self._read_here = 0
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
        if self._read_here < _READ_HERE or not self._blocks:
            self._read_here += 1
            here = self._stream.read(self._block_size)
            self._is_at_end = not here
            return memoryview(here)
        if self._thread is None:
            self._thread = BackgroundThread(self._run, "loadstone-read-ahead")
            self._thread.start()
        block = self._ready.get()
        self._room.put(None)
        if isinstance(block, BaseException):
            self._is_at_end = True
            raise block
        self._is_at_end = not block
        return memoryview(block)

    def _attempt(self) -> bytes | memoryview | BaseException:
        """The next block, or the error that the reader's thread is to raise in its place."""
        try:
            return self._stream.read(self._block_size)
        except BaseException as error:  # noqa: BLE001 - raised again where it is read
            return error

    def _run(self) -> None:
        while True:
            self._room.get()
            if self._is_closing:
                return
            block = self._attempt()
            self._ready.put(block)
            if isinstance(block, BaseException) or not block:
                return
