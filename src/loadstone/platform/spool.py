"""Bytes set aside for later: in memory up to a limit, then in a temporary file that has no name.

The file vanishes with the process, however the process ends.
"""

from __future__ import annotations

import errno
import io
import os
import tempfile
from typing import IO, TYPE_CHECKING, Self

from loadstone.errors import Transient
from loadstone.platform.positional import PositionalFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

__all__ = ["DEFAULT_MEMORY_LIMIT", "SpooledBytes"]

#: Bytes kept in memory before a spool goes to disk.
DEFAULT_MEMORY_LIMIT = 8 * 1024 * 1024

#: Once there is a file, bytes gathered before each write to it.
_WRITE_SIZE = 1024 * 1024

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class SpooledBytes:
    """An append-only run of bytes that can be read back any number of times.

    Appending and reading may alternate. Not thread-safe.

    Args:
        memory_limit: bytes kept in memory; with the first byte beyond, all goes to the file.
        directory: where the file is made; None: the system's temporary folder (`TMPDIR`).
    """

    def __init__(self, memory_limit: int = DEFAULT_MEMORY_LIMIT, *, directory: str | None = None) -> None:
        self._memory_limit = memory_limit
        self._directory = directory
        self._pending = bytearray()
        self._file: IO[bytes] | None = None
        self._written = 0
        self._is_closed = False

    def __len__(self) -> int:
        return self._written + len(self._pending)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.close()

    @property
    def is_on_disk(self) -> bool:
        """Whether the memory limit was passed."""
        return self._file is not None

    def append(self, data: Buffer) -> None:
        """Adds bytes at the end.

        Raises:
            Transient: the disk is full (code `disk_full`).
        """
        if self._is_closed:
            raise ValueError("the spool is closed")
        self._pending += data
        limit = self._memory_limit if self._file is None else min(self._memory_limit, _WRITE_SIZE)
        if len(self._pending) > limit:
            self._spill()

    def read_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; fewer where file and memory meet; empty at the end."""
        if self._is_closed:
            raise ValueError("the spool is closed")
        if offset < self._written and self._file is not None:
            return os.pread(self._file.fileno(), min(size, self._written - offset), offset)
        start = offset - self._written
        return bytes(memoryview(self._pending)[start : start + size])

    def blocks(self, size: int = 1024 * 1024) -> Iterator[bytes]:
        """All bytes from the start, in blocks of at most `size`, none empty."""
        offset = 0
        while block := self.read_at(offset, size):
            offset += len(block)
            yield block

    def open(self) -> io.BufferedReader:
        """A seekable binary file over the bytes, for libraries that want one. It does not close the spool."""
        return io.BufferedReader(PositionalFile(self.read_at, self.__len__))

    def view(self) -> memoryview:
        """All bytes at once: those in memory, or the file mapped into it. Nothing may follow."""
        if self._file is None:
            return memoryview(self._pending)
        import mmap  # noqa: PLC0415 - seldom

        if self._pending:
            self._spill()
        return memoryview(mmap.mmap(self._file.fileno(), self._written, access=mmap.ACCESS_READ))

    def close(self) -> None:
        """Gives memory and disk back. Harmless when already closed."""
        self._is_closed = True
        self._pending = bytearray()
        self._written = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def _spill(self) -> None:
        folder = self._directory or tempfile.gettempdir()
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0, dir=self._directory)  # noqa: SIM115
            with memoryview(self._pending) as view:
                done = 0
                while done < len(view):
                    done += os.pwrite(self._file.fileno(), view[done:], self._written + done)
        except OSError as error:
            if error.errno in _NO_SPACE:
                raise Transient(
                    f"no space left for temporary files; {len(self):,} bytes had to be set aside",
                    where=folder,
                    hint="free some space there, or set TMPDIR to a folder on a larger disk",
                    code="disk_full",
                ) from error
            raise Transient(
                f"a temporary file cannot be written: {error.strerror}",
                where=folder,
                hint="set TMPDIR to a folder that can be written",
                code="spool_failed",
            ) from error
        self._written += len(self._pending)
        self._pending.clear()
