"""The stored bytes of a file on their way: looked at before they are read, counted, hashed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadstone.ports import ByteStream

__all__ = ["HashedStream", "PeekedStream"]

_BLOCK_SIZE = 1024 * 1024


class PeekedStream:
    """A stream whose next bytes can be looked at and stay to be read.

    Attributes:
        taken: bytes handed out so far.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._head = b""
        self.taken = 0

    @property
    def descriptor(self) -> int | None:
        """Of the open file, where the bytes come from a local one; its position is the stream's."""
        fileno: Any = getattr(self._stream, "fileno", None)
        try:
            return None if fileno is None else int(fileno())
        except (OSError, ValueError):
            return None

    @property
    def read_ranges(self) -> Any:
        """What reads bytes from anywhere: (offset, size) each; None where the stream cannot."""
        return getattr(self._stream, "read_ranges", None)

    def peek(self, size: int) -> bytes:
        """The next bytes; fewer than `size` only at the end."""
        while len(self._head) < size and (more := self._stream.read(size - len(self._head))):
            self._head += bytes(more)
        return self._head[:size]

    def read(self, size: int, /) -> bytes | memoryview:
        """Up to `size` bytes; empty at the end."""
        data: bytes | memoryview
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            data = self._stream.read(size)
        self.taken += len(data)
        return data

    def close(self) -> None:
        """Closes the stream."""
        self._stream.close()


class HashedStream:
    """A stream that is hashed in the thread that reads it.

    Attributes:
        taken: bytes handed out so far.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self.taken = 0

    @property
    def sha256(self) -> str:
        """Of the bytes handed out so far, in hexadecimal."""
        return self._digest.hexdigest()

    def read(self, size: int, /) -> bytes | memoryview:
        """Up to `size` bytes; empty at the end."""
        data = self._stream.read(size)
        self._digest.update(data)
        self.taken += len(data)
        return data

    def drain(self) -> None:
        """Hashes what is left."""
        while self.read(_BLOCK_SIZE):
            pass

    def close(self) -> None:
        """Closes the stream."""
        self._stream.close()
