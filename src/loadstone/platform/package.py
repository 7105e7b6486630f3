"""The parts of a zip package, such as a workbook, each of which can be read as a stream.

The package is spooled first, since its directory stands at its end. Output is bounded as everywhere: a part
that grows beyond measure stops, and no step inflates more than was asked for.
"""

from __future__ import annotations

import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any

from loadstone.errors import CompressionError, DecompressionBomb
from loadstone.platform.decoders import inflater
from loadstone.platform.decompression import RATIO_FLOOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from loadstone.platform.spool import SpooledBytes

__all__ = ["Package", "Part"]

_ENCRYPTED = 0x1
_INPUT_SIZE = 256 * 1024
_LOCAL_HEADER_SIZE = 30
_CORRUPT = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)
_HINT = "the file was cut off, or is still being written; upload it again (`unzip -t` tests one)"


class Package:
    """A zip archive of parts with known names.

    Args:
        spool: the archive's bytes, which stay the caller's to close.
        max_ratio: output over input beyond which a part is a bomb, once `RATIO_FLOOR` bytes came out.

    Raises:
        CompressionError: the archive is truncated or corrupt.
    """

    def __init__(self, spool: SpooledBytes, max_ratio: int) -> None:
        self._spool = spool
        self._max_ratio = max_ratio
        try:
            self._archive = zipfile.ZipFile(spool.open())
        except _CORRUPT as error:
            raise _damaged(str(error)) from error
        # Names in packages do not tell upper from lower case.
        self._parts = {info.filename.lower(): info for info in self._archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    def open(self, name: str) -> Part:
        """A part's bytes, from its beginning.

        Raises:
            KeyError: there is no such part.
            CompressionError: it is encrypted, or compressed in a way that is not read here.
        """
        info = self._parts[name.lower()]
        if info.flag_bits & _ENCRYPTED:
            raise CompressionError(f"{name} in the archive is encrypted", hint="upload it without a password")
        return Part(self._spool, self._archive, info, self._max_ratio)

    def read(self, name: str, most: int) -> bytes:
        """A whole part.

        Raises:
            KeyError: there is no such part.
            DecompressionBomb: it is longer than `most` bytes, or grows beyond measure.
            CompressionError: it is damaged.
        """
        part = self.open(name)
        data = bytearray()
        while block := part.read(_INPUT_SIZE):
            data += block
            if len(data) > most:
                raise DecompressionBomb(f"{name} in the archive is longer than {most:,} bytes")
        return bytes(data)


class Part:
    """The bytes of one part: a `ByteStream`.

    Attributes:
        taken: bytes of the archive read so far.
    """

    def __init__(
        self, spool: SpooledBytes, archive: zipfile.ZipFile, info: zipfile.ZipInfo, max_ratio: int
    ) -> None:
        self._info = info
        self._max_ratio = max_ratio
        self._given = 0
        self._crc = 0
        self._inflate: Any = None
        self._member: IO[bytes] | None = None
        self.taken = 0
        if info.compress_type == zipfile.ZIP_DEFLATED:
            self._spool = spool
            self._position = info.header_offset + _header_size(spool, info)
            self._end = self._position + info.compress_size
            decoder, self._errors = inflater(is_gzip=False)
            self._inflate = decoder()
            self._checksum = _crc32()
        else:
            try:
                self._member = archive.open(info)
            except _CORRUPT as error:
                raise _damaged(f"{info.filename}: {error}") from error

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end.

        Raises:
            CompressionError: the part is damaged.
            DecompressionBomb: it grows beyond measure.
        """
        data = self._inflated(size) if self._member is None else self._stored(self._member, size)
        self._given += len(data)
        taken = self.taken or self._info.compress_size
        if self._given > RATIO_FLOOR and self._given > self._max_ratio * taken:
            raise DecompressionBomb(
                f"{taken:,} bytes of {self._info.filename} have grown to {self._given:,}, "
                f"more than {self._max_ratio:,} times as many",
                hint="if the file is to be trusted, set format: {max_compression_ratio: N} in the dataset",
            )
        return data

    def close(self) -> None:
        """Gives back what the part holds. Harmless when already closed."""
        if self._member is not None:
            self._member.close()

    def _stored(self, member: IO[bytes], size: int) -> bytes:
        try:
            return member.read(size)
        except _CORRUPT as error:
            raise _damaged(f"{self._info.filename}: {error}") from error

    def _inflated(self, size: int) -> bytes:
        data = b""
        inflate = self._inflate
        while not data and not inflate.eof:
            source = b""
            if inflate.needs_input:
                source = self._spool.read_at(self._position, min(_INPUT_SIZE, self._end - self._position))
                if not source:
                    raise _damaged(f"{self._info.filename} ends too early")
                self._position += len(source)
                self.taken += len(source)
            try:
                data = inflate.decompress(source, size)
            except self._errors as error:
                raise _damaged(f"{self._info.filename}: {error}") from error
        self._crc = self._checksum(data, self._crc)
        if not data and self._crc != self._info.CRC:
            raise _damaged(f"{self._info.filename} has the wrong checksum")
        return data


def _header_size(spool: SpooledBytes, info: zipfile.ZipInfo) -> int:
    """The length of what stands before a part's data: its own name and extra fields, not the directory's."""
    header = spool.read_at(info.header_offset, _LOCAL_HEADER_SIZE)
    if len(header) < _LOCAL_HEADER_SIZE or not header.startswith(b"PK\x03\x04"):
        raise _damaged(f"{info.filename} is not where the directory says")
    return (
        _LOCAL_HEADER_SIZE + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    )


def _crc32() -> Callable[[bytes, int], int]:
    try:
        from isal import isal_zlib  # noqa: PLC0415
    except ImportError:
        return zlib.crc32
    checksum: Callable[[bytes, int], int] = isal_zlib.crc32
    return checksum


def _damaged(why: str) -> CompressionError:
    return CompressionError(f"the zip archive is truncated or corrupt ({why})", hint=_HINT)
