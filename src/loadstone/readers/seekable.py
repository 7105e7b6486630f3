"""A stored file that is read at any place: where it lies if it is a local one, else spooled first."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from typing import TYPE_CHECKING, Any

from loadstone.platform.background import BackgroundThread
from loadstone.platform.decompression import decompress
from loadstone.platform.spool import SpooledBytes

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream

__all__ = ["PeekedStream", "SeekableFile"]

_BLOCK_SIZE = 1024 * 1024


class PeekedStream:
    """A stream whose first bytes were looked at, and are still to be read."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._head = b""

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
        if not self._head:
            return self._stream.read(size)
        data, self._head = self._head[:size], self._head[size:]
        return data

    def close(self) -> None:
        """Closes the stream."""
        self._stream.close()


class SeekableFile:
    """The bytes of one version, hashed as they are stored, decompressed where they are compressed.

    A local file that is not compressed is read in place, while a thread hashes it.

    Args:
        stream: the stored bytes; closed with this.
        file_format: how far they may be compressed.
        magic: what an uncompressed file begins with.

    Attributes:
        file: to read and seek in.
        compression: what the stored bytes are compressed with, or None.

    Raises:
        CompressionError, DecompressionBomb: the compressed bytes are damaged, or too many.
        Transient: no space to spool them.
    """

    def __init__(self, stream: PeekedStream, file_format: Format, magic: bytes) -> None:
        self._stream = stream
        self._stored = _Hashed(stream)
        self._error: BaseException | None = None
        self._is_closing = False
        self._thread: BackgroundThread | None = None
        self._spool: SpooledBytes | None = None
        self._in_place: _InPlace | None = None
        self.compression: str | None = None
        descriptor = stream.descriptor if stream.peek(len(magic)) == magic else None
        self.file: io.BufferedIOBase
        if descriptor is not None:
            self._in_place = _InPlace(descriptor)
            self.file = io.BufferedReader(self._in_place, 64 * 1024)
            self._thread = BackgroundThread(self._hash_all, "loadstone-hash")
            self._thread.start()
        else:
            self._spool = SpooledBytes()
            self._fill(self._spool, file_format)
            self.file = self._spool.open()

    @property
    def size(self) -> int:
        """Bytes as stored."""
        return self._stored.taken if self._in_place is None else self._in_place.size

    @property
    def sha256(self) -> str:
        """Of the bytes as stored, after `finish`."""
        return self._stored.sha256.hexdigest()

    def finish(self) -> None:
        """Waits until all stored bytes were hashed.

        Raises:
            ObjectChanged: the file is not what it was when it was opened.
        """
        if self._thread is not None:
            self._thread.wait()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Gives back what is held. Harmless when already closed."""
        self._is_closing = True
        if self._thread is not None:
            self._thread.wait()
        self.file.close()
        if self._spool is not None:
            self._spool.close()
        self._stream.close()

    def _fill(self, spool: SpooledBytes, file_format: Format) -> None:
        try:
            plain = decompress(self._stored, max_ratio=file_format.max_compression_ratio, read_ahead=0)
            self.compression = plain.compression
            while block := plain.read(_BLOCK_SIZE):
                spool.append(block)
            plain.close()
            while self._stored.read(_BLOCK_SIZE):
                pass  # what follows the compressed bytes is hashed, too
        except BaseException:
            spool.close()
            raise

    def _hash_all(self) -> None:
        try:
            while not self._is_closing and self._stored.read(_BLOCK_SIZE):
                pass
        except BaseException as error:  # noqa: BLE001 - raised where the load waits for the thread
            self._error = error


class _Hashed:
    """The stored bytes on their way, hashed and counted; who opened the stream closes it."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()
        self.taken = 0

    def read(self, size: int, /) -> bytes | memoryview:
        data = self._stream.read(size)
        self.sha256.update(data)
        self.taken += len(data)
        return data

    def close(self) -> None:
        """Nothing: see above."""


class _InPlace(io.RawIOBase):
    """A local file, read without touching the position that its stream has in it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, f"negative seek position {base + offset}")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        data = os.pread(self._descriptor, len(view), self._position)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)
