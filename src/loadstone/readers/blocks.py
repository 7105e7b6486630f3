"""Text in blocks of whole records: what is incomplete at a block's end goes in front of the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadstone.model.batch import Chunk

__all__ = ["BLOCK_SIZE", "Blocks", "Encoder", "count_lines", "joined"]

#: Bytes of text in memory, unless a record is longer.
BLOCK_SIZE = 1024 * 1024

#: Bytes of delimited text handed to the codec at a time.
_PIECE = 512 * 1024
#: The first pieces are smaller, each twice the one before, so that the database has something to do soon.
_FIRST_PIECE = 64 * 1024


class Encoder(Protocol):
    """The codec's side: see `codec.delimited`, `codec.jsonlines` and `codec.jsonstream`."""

    def feed(self, text: memoryview, final: bool, /) -> tuple[Chunk, int]:
        """Encodes the complete records; returns how many bytes those were."""


class TextStream(Protocol):
    """Where the text comes from."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fills the buffer; fewer bytes than fit only at the end."""


class Blocks:
    """A file's text, block by block, in one buffer that grows with its longest record.

    Args:
        stream: the text.
        max_record_bytes: the longest record; the codec rejects longer ones, so the buffer need not hold them.
    """

    def __init__(self, stream: TextStream, max_record_bytes: int) -> None:
        self._stream = stream
        self._largest = max_record_bytes + BLOCK_SIZE
        self._buffer = bytearray(BLOCK_SIZE)
        self._start = 0
        self._end = 0
        self._left: int | None = None
        self.is_at_end = False
        self._fill()

    @property
    def head(self) -> memoryview:
        """The text that is in memory and not yet skipped: at first the file's first block."""
        return memoryview(self._buffer)[self._start : self._end]

    def skip(self, size: int) -> None:
        """Takes `size` bytes of the head as done with."""
        self._start += size

    def cut(self, size: int) -> None:
        """Takes the text as ended `size` bytes behind the head's start, be that in the head or not."""
        held = self._end - self._start
        if size <= held:
            self._end = self._start + size
            self.is_at_end = True
        else:
            self._left = size - held

    def extend(self) -> bool:
        """Reads on, keeping the head; False where nothing more is to come or the head is long enough."""
        if self.is_at_end or self._end - self._start >= self._largest:
            return False
        self._make_room()
        self._fill()
        return True

    def encode(self, encoder: Encoder, piece_size: int = _PIECE) -> Iterator[Chunk]:
        """Feeds all of the text to an encoder, whose chunks must not refer to the block's memory.

        Args:
            encoder: the codec's.
            piece_size: bytes handed over at a time, unless a record is longer.
        """
        piece = _FIRST_PIECE
        while True:
            is_whole = piece >= self._end - self._start
            chunk, consumed = encoder.feed(self.head[:piece], self.is_at_end and is_whole)
            self._start += consumed
            if chunk.records or chunk.bytes_read:
                yield chunk
            if not is_whole:
                # Where nothing was consumed, a record is longer than the piece.
                piece = 2 * piece if not consumed or piece < piece_size else piece_size
                continue
            if self.is_at_end:
                return
            self._make_room()
            self._fill()

    def _make_room(self) -> None:
        """Moves what is left to the front, of a larger buffer where it takes up half of this one."""
        left = self._end - self._start
        size = len(self._buffer)
        while size < self._largest and left > size // 2:
            size = min(2 * size, self._largest)
        rest = bytes(memoryview(self._buffer)[self._start : self._end])
        if size != len(self._buffer):
            self._buffer = bytearray(size)
        self._buffer[:left] = rest
        self._start, self._end = 0, left

    def _fill(self) -> None:
        room = len(self._buffer) - self._end
        if room == 0:
            raise AssertionError("the codec left a full block as it was")
        if self._left is not None:
            room = min(room, self._left)
        with memoryview(self._buffer) as view:
            filled = self._stream.readinto(view[self._end : self._end + room])
        self._end += filled
        self.is_at_end = filled < room
        if self._left is not None:
            self._left -= filled
            self.is_at_end = self.is_at_end or not self._left


def count_lines(text: bytes | memoryview) -> int:
    """How many physical lines end in the text: LF, CRLF and CR each end one."""
    data = bytes(text)
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def joined(records: Sequence[bytes]) -> bytes:
    """Records, each with its line ending or without, as one text."""
    return b"".join(record.rstrip(b"\r\n") + b"\n" for record in records)
