"""The bytes of a workbook: spooled whole, since a zip's directory stands at its end, and hashed meanwhile."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from loadstone.platform.background import BackgroundThread
from loadstone.platform.spool import SpooledBytes

if TYPE_CHECKING:
    from loadstone.ports import ByteStream

__all__ = ["PackageIntake"]

_BLOCK_SIZE = 1024 * 1024


class PackageIntake:
    """All bytes of a file, at hand in any order.

    Attributes:
        spool: them.
        bytes_read: how many they are.
    """

    def __init__(self, stream: ByteStream) -> None:
        self.spool = SpooledBytes()
        self._stream = stream
        while block := stream.read(_BLOCK_SIZE):
            self.spool.append(block)
        self.bytes_read = len(self.spool)
        self._digest = hashlib.sha256()
        self._hashing: BackgroundThread | None = None
        self._failure: BaseException | None = None
        self._is_hashed = self._is_closing = False

    @property
    def sha256(self) -> str:
        """Of the bytes, in hexadecimal; waits for what `begin_hashing` has begun."""
        if self._hashing is not None:
            self._hashing.wait()
            self._hashing = None
        elif not self._is_hashed:
            self._hash()
        if self._failure is not None:
            raise self._failure
        return self._digest.hexdigest()

    def begin_hashing(self) -> None:
        """Hashes in a thread of its own. Who only looks at the head of a file does without."""
        if self._hashing is None and not self._is_hashed:
            self._hashing = BackgroundThread(self._hash, "loadstone-hash")
            self._hashing.start()

    def close(self) -> None:
        """Gives the spool back and closes the stream."""
        self._is_closing = True
        if self._hashing is not None:
            self._hashing.wait()
            self._hashing = None
        self.spool.close()
        self._stream.close()

    def _hash(self) -> None:
        self._is_hashed = True
        try:
            for block in self.spool.blocks(_BLOCK_SIZE):
                if self._is_closing:
                    return
                self._digest.update(block)
        except BaseException as error:  # noqa: BLE001 - raised again where the hash is asked for
            self._failure = error
