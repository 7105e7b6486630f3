"""The way of a file's bytes to text: hashed as stored, decompressed, decoded to UTF-8."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from loadstone.platform.decompression import decompress
from loadstone.platform.stored import HashedStream
from loadstone.readers.encodings import Transcoder, detect_encoding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream
    from loadstone.readers.recoded import RecodedText

__all__ = ["Intake"]

Ranges: TypeAlias = "Callable[[Sequence[tuple[int, int]]], Sequence[bytes]]"

#: Bytes looked at to tell the encoding.
_LOOK = 64 * 1024
_REST = 1024 * 1024


class Intake:
    """One file's text in UTF-8, without its byte order mark, read once from front to back.

    Attributes:
        compression: what the stored bytes are compressed with, or None.
        encoding: the text's encoding.
        ranges: reads the text that (offset, size) of the stored bytes hold; None where these are compressed,
            or can only be had from front to back.
        recoded: where they can be had so and are another encoding than UTF-8, what turns them into it.

    Raises:
        CompressionError: from here or from `readinto`: the compressed bytes are damaged.
        DecompressionBomb: from `readinto`.
    """

    def __init__(self, stream: ByteStream, file_format: Format, *, is_delimited: bool = False) -> None:
        self._hashed = HashedStream(stream)
        self._text = decompress(self._hashed, max_ratio=file_format.max_compression_ratio)
        self.compression = self._text.compression
        head = b""
        while len(head) < _LOOK and (more := self._text.read(_LOOK - len(head))):
            head += more
        # What begins like JSON is UTF-8 or one of its kin, whatever its name.
        is_delimited = is_delimited and head.lstrip()[:1] not in {b"{", b"["}
        self.encoding = detect_encoding(head, file_format.encoding, is_delimited=is_delimited)
        self._pending = memoryview(head)[self.encoding.mark :]
        self._transcoder: Transcoder | None = None
        if self.encoding.name != "utf-8":
            self._transcoder = Transcoder(self._text, self.encoding.name, bytes(self._pending))
            self._pending = memoryview(b"")
        self.ranges: Ranges | None = None
        self.recoded: RecodedText | None = None
        if self.compression is None:
            self.ranges = getattr(stream, "read_ranges", None)
        if self.ranges is not None and self._transcoder is not None:
            from loadstone.readers.recoded import RecodedText  # noqa: PLC0415 - UTF-8 does without

            self.recoded = RecodedText(self.ranges, self.encoding.name, self.encoding.mark, self._transcoder)
            self.ranges = self.recoded.read

    @property
    def bytes_read(self) -> int:
        """Bytes as stored that were taken so far; a little ahead of the text handed out."""
        return self._text.bytes_read

    @property
    def sha256(self) -> str:
        """Of the stored bytes taken so far, in hexadecimal."""
        return self._hashed.sha256

    @property
    def text_offset(self) -> int:
        """Where the text begins in the decompressed file: after the byte order mark."""
        return self.encoding.mark if self._transcoder is None else 0

    def readinto(self, buffer: memoryview) -> int:
        """Fills the buffer as far as there is text; fewer bytes than fit only at the end."""
        filled = 0
        while filled < len(buffer):
            if not self._pending:
                if self._transcoder is None:
                    return filled + self._text.readinto(buffer[filled:])
                self._pending = memoryview(self._transcoder.read(len(buffer) - filled))
                if not self._pending:
                    break
            taken = self._pending[: len(buffer) - filled]
            buffer[filled : filled + len(taken)] = taken
            self._pending = self._pending[len(taken) :]
            filled += len(taken)
        return filled

    def finish(self) -> None:
        """Takes what is left of the stored bytes, so that the hash covers them all."""
        while self._text.read(_REST):
            pass  # a thread may have read on: nothing may overtake it
        self._hashed.drain()

    def close(self) -> None:
        """Closes the stream."""
        self._text.close()
