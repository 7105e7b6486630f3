"""The bytes of a workbook: hashed and spooled whole, since a zip's directory stands at its end."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from loadstone.platform.spool import SpooledBytes

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
        digest = hashlib.sha256()
        while block := stream.read(_BLOCK_SIZE):
            digest.update(block)
            self.spool.append(block)
        self.sha256 = digest.hexdigest()
        self.bytes_read = len(self.spool)

    def close(self) -> None:
        """Gives the spool back and closes the stream."""
        self.spool.close()
        self._stream.close()
