"""The one file in a zip archive.

An archive's directory stands at its end, so it is spooled first: in memory while small, else on disk.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from loadstone.errors import CompressionError
from loadstone.platform.spool import SpooledBytes

if TYPE_CHECKING:
    from loadstone.ports import ByteStream

__all__ = ["ZIP_MAGICS", "ZipMember", "is_litter"]

#: A member's header; the directory's end of an archive with no member; the mark of a split archive.
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

_BLOCK_SIZE = 1024 * 1024
_ENCRYPTED = 0x1
_NAMES_SHOWN = 5
_CORRUPT = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


class ZipMember:
    """The bytes of an archive's only file."""

    compression = "zip"

    def __init__(self, source: ByteStream) -> None:
        self._source = source
        self._spool = SpooledBytes()
        self._member: IO[bytes] | None = None

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end.

        Raises:
            CompressionError: the archive is damaged, encrypted, or holds not exactly one file.
            Transient: no space to spool it.
        """
        if self._member is None:
            while block := self._source.read(_BLOCK_SIZE):
                self._spool.append(block)
            self._member = self._open()
        try:
            return self._member.read(size)
        except _CORRUPT as error:
            raise _damaged(error) from error

    def close(self) -> None:
        """Gives the spool back."""
        if self._member is not None:
            self._member.close()
        self._spool.close()
        self._source.close()

    def _open(self) -> IO[bytes]:
        try:
            archive = zipfile.ZipFile(self._spool.open())
        except _CORRUPT as error:
            raise _damaged(error) from error
        member = _only_file(archive.infolist())
        if member.flag_bits & _ENCRYPTED:
            raise CompressionError(
                f"{member.filename} in the zip archive is encrypted", hint="upload it without a password"
            )
        try:
            return archive.open(member)
        except NotImplementedError as error:
            raise CompressionError(
                f"{member.filename} is compressed in a way that is not read here: {error}",
                hint="make the archive with `zip`, or upload the file as .gz or .zst",
            ) from error
        except _CORRUPT as error:
            raise _damaged(error) from error


def _only_file(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    files = [member for member in members if not member.is_dir() and not is_litter(member.filename)]
    if len(files) == 1:
        return files[0]
    if not files:
        raise CompressionError(
            "the zip archive holds no file", hint="upload the file itself, or as .gz or .zst"
        )
    names = [member.filename for member in files]
    if "[Content_Types].xml" in names:
        raise CompressionError(
            "this is an office document (a workbook, for instance), not a zip archive with one text file",
            hint="save it as CSV",
        )
    shown = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    raise CompressionError(
        f"the zip archive holds {len(names):,} files: {shown}",
        hint="give its name the ending .zip: then each of them is loaded for itself",
    )


def is_litter(name: str) -> bool:
    """What desktops add to archives unasked."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] in {".DS_Store", "Thumbs.db"}


def _damaged(error: Exception) -> CompressionError:
    return CompressionError(
        f"the zip archive is truncated or corrupt ({error})",
        hint="the file was cut off, or is still being written; upload it again (`unzip -t` tests one)",
    )
