"""The bytes of a workbook: hashed and spooled whole, since a zip's directory stands at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadstone.platform.spool import SpooledBytes
from loadstone.platform.stored import HashedStream

if TYPE_CHECKING:
    from loadstone.ports import ByteStream

__all__ = ["PackageIntake"]

_BLOCK_SIZE = 1024 * 1024


class PackageIntake:
    """All bytes of a file, at hand in any order.

    Attributes:
        spool: them.
        sha256: of them, in hexadecimal.
        bytes_read: how many they are.
    """

    def __init__(self, stream: ByteStream) -> None:
        self.spool = SpooledBytes()
        self._stream = stream
        stored = HashedStream(stream)
        while block := stored.read(_BLOCK_SIZE):
            self.spool.append(block)
        self.sha256 = stored.sha256
        self.bytes_read = stored.taken

    def close(self) -> None:
        """Gives the spool back and closes the stream."""
        self.spool.close()
        self._stream.close()
