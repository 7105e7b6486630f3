"""A stored file that is read at any place: where it lies if it is a local one, else spooled first."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from loadstone.platform.background import BackgroundThread
from loadstone.platform.decompression import decompress
from loadstone.platform.positional import PositionalFile
from loadstone.platform.spool import SpooledBytes
from loadstone.platform.stored import HashedStream

if TYPE_CHECKING:
    from loadstone.model.pipeline import Format
    from loadstone.platform.stored import PeekedStream

__all__ = ["SeekableFile"]

_BLOCK_SIZE = 1024 * 1024


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
        self._stored = HashedStream(stream)
        self._error: BaseException | None = None
        self._is_closing = False
        self._thread: BackgroundThread | None = None
        self._spool: SpooledBytes | None = None
        self._size: int | None = None
        self.compression: str | None = None
        descriptor = stream.descriptor if stream.peek(len(magic)) == magic else None
        self.file: io.BufferedIOBase
        if descriptor is not None:
            # Without touching the position that the stream has in it.
            size = self._size = os.fstat(descriptor).st_size
            in_place = PositionalFile(lambda at, count: os.pread(descriptor, count, at), lambda: size)
            self.file = io.BufferedReader(in_place, 64 * 1024)
            self._thread = BackgroundThread(self._hash_all, "loadstone-hash")
            self._thread.start()
        else:
            self._spool = SpooledBytes()
            self._fill(self._spool, file_format)
            self.file = self._spool.open()

    @property
    def size(self) -> int:
        """Bytes as stored."""
        return self._stored.taken if self._size is None else self._size

    @property
    def sha256(self) -> str:
        """Of the bytes as stored, after `finish`."""
        return self._stored.sha256

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
            self._stored.drain()  # what follows the compressed bytes is hashed, too
            plain.close()
        except BaseException:
            spool.close()
            raise

    def _hash_all(self) -> None:
        try:
            while not self._is_closing and self._stored.read(_BLOCK_SIZE):
                pass
        except BaseException as error:  # noqa: BLE001 - raised where the load waits for the thread
            self._error = error
