"""A zip archive whose files are read where it lies: its directory first, then what is asked for."""

from __future__ import annotations

import io
import lzma
import struct
import threading
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple

from loadstone.errors import CompressionError, LoadstoneError
from loadstone.platform.unzip import is_litter

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ArchiveFile", "NotAnArchive", "ZipArchive"]

#: Bytes that are asked for at a time: what is read next, or the small files that follow, are at hand then.
_BLOCK_SIZE = 2 * 1024 * 1024
#: Bytes of the end that are asked for first: the directory of some hundred files is in them.
_TAIL_SIZE = 64 * 1024
#: A directory longer than this is no honest one: that of a million files is shorter.
_LONGEST_READ = 256 * 1024 * 1024
_ENCRYPTED = 0x1
#: zipfile inflates these without a limit to the output of one step, so that a step takes in little.
_UNLIMITED = frozenset({zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
_STEP = 4096
_CORRUPT = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError)


class NotAnArchive(Exception):
    """No directory of a zip archive can be read, or it is that of something else, such as a workbook."""


class ArchiveFile(NamedTuple):
    """A file in an archive.

    Attributes:
        name: as the archive has it, `/`-separated.
        size: bytes.
        packed_size: bytes that it takes in the archive.
    """

    name: str
    size: int
    packed_size: int


class ZipArchive:
    """The files of one version of an archive.

    Args:
        read_at: bytes of the archive: (offset, size); always those of the same version.
        size: bytes of the archive.

    Attributes:
        files: those with data, in the archive's order; names that are there twice once.
        left_out: names of what desktops add unasked.

    Raises:
        NotAnArchive: see there.
        LoadstoneError: what `read_at` raises.
    """

    def __init__(self, read_at: Callable[[int, int], bytes], size: int) -> None:
        try:
            self._archive = zipfile.ZipFile(_RangedFile(read_at, size))
        except (*_CORRUPT, NotImplementedError, MemoryError) as error:
            raise NotAnArchive(str(error)) from error
        self._found: dict[str, list[zipfile.ZipInfo]] = {}
        left_out = []
        for member in self._archive.infolist():
            if is_litter(member.filename):
                left_out.append(member.filename)
            elif not member.is_dir():
                self._found.setdefault(member.filename, []).append(member)
        if "[Content_Types].xml" in self._found or {"mimetype", "content.xml"} <= self._found.keys():
            raise NotAnArchive("this is an office document")
        self.files = {
            name: ArchiveFile(name, found[-1].file_size, found[-1].compress_size)
            for name, found in self._found.items()
        }
        self.left_out = tuple(left_out)

    def open(self, name: str, where: str) -> MemberStream:
        """The bytes of one of the files, checked by its checksum at the end.

        Raises:
            CompressionError: it is encrypted, damaged, there twice, or compressed in a way not known here.
        """
        first, *others = self._found[name]
        if others:
            raise CompressionError(
                f"the archive holds {1 + len(others)} files of this name, of which one is meant",
                where=where,
                hint="make the archive anew, each file once",
            )
        if first.flag_bits & _ENCRYPTED:
            raise CompressionError(
                "the file in the archive is encrypted", where=where, hint="upload it without a password"
            )
        try:
            stream = self._archive.open(first)
        except (NotImplementedError, RuntimeError) as error:
            raise CompressionError(
                f"the file is compressed in a way that is not read here: {error}",
                where=where,
                hint="make the archive with `zip`, or upload the file as .gz or .zst",
            ) from error
        except _CORRUPT as error:
            raise _damaged(error, where) from error
        return MemberStream(stream, where, step=_STEP if first.compress_type in _UNLIMITED else None)


class MemberStream:
    """A `ByteStream` of one file in an archive."""

    def __init__(self, stream: IO[bytes], where: str, *, step: int | None) -> None:
        self._stream = stream
        self._where = where
        self._step = step

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end.

        Raises:
            CompressionError: damaged, or cut off.
        """
        try:
            return self._stream.read(size if self._step is None else min(size, self._step))
        except LoadstoneError:
            raise
        except _CORRUPT as error:
            raise _damaged(error, self._where) from error

    def close(self) -> None:
        """Lets go of it. Harmless when already closed."""
        self._stream.close()


class _RangedFile:
    """What zipfile takes for an open file: the tail and one block of it are in memory."""

    def __init__(self, read_at: Callable[[int, int], bytes], size: int) -> None:
        self._read_at = read_at
        self._size = size
        self._position = 0
        self._tail_start = max(0, size - _TAIL_SIZE)
        self._tail: bytes | None = None
        self._block_start = 0
        self._block = b""
        self._lock = threading.Lock()

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(f"there are no bytes before the first: {base + offset}")
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._position)
        size = left if size is None or size < 0 else min(size, left)
        if size > _LONGEST_READ:
            raise zipfile.BadZipFile(f"{size:,} bytes are asked for at once")
        if not size:
            return b""
        with self._lock:
            data = self._bytes(self._position, size)
        self._position += len(data)
        return data

    def close(self) -> None:
        self._block = b""

    def _bytes(self, start: int, size: int) -> bytes:
        if start >= self._tail_start:
            if self._tail is None:
                self._tail = self._read_at(self._tail_start, self._size - self._tail_start)
            return self._tail[start - self._tail_start : start - self._tail_start + size]
        inside = start - self._block_start
        if not 0 <= inside < len(self._block):
            self._block_start, inside = start, 0
            self._block = self._read_at(start, min(max(size, _BLOCK_SIZE), self._size - start))
        data = self._block[inside : inside + size]
        if len(data) < size and data:
            # What is asked for goes on behind the block.
            return data + self._bytes(start + len(data), size - len(data))
        return data


def _damaged(error: Exception, where: str) -> CompressionError:
    return CompressionError(
        f"the file in the archive is truncated or corrupt ({error})",
        where=where,
        hint="the archive was cut off or damaged; upload it again (`unzip -t` tests one)",
    )
