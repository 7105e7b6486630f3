"""Any place of a stored text that is not UTF-8: its bytes map to text piece by piece."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loadstone.readers.encodings import Transcoder

__all__ = ["RecodedText"]

_UNIT = 2
#: Encodings in which a character takes one byte or several.
_MIXED = frozenset({"cp932", "euc-jp", "gb18030", "big5", "euc-kr"})
_UNDECODABLE = b"\xff"


class RecodedText:
    """The stored bytes of a text in another encoding, from anywhere, as UTF-8.

    Args:
        read_ranges: reads (offset, size) of the stored bytes.
        encoding: their encoding.
        mark: bytes of the byte order mark.
        transcoder: what reads the text front to back.
    """

    def __init__(
        self,
        read_ranges: Callable[[Sequence[tuple[int, int]]], Sequence[bytes]],
        encoding: str,
        mark: int,
        transcoder: Transcoder,
    ) -> None:
        self._read_ranges = read_ranges
        self._encoding = encoding
        self._mark = mark
        self._transcoder = transcoder
        self._unit = _UNIT if encoding.startswith("utf-16") else 1

    def read(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Pieces of the text, as (offset, size) of the stored bytes ask for them; cut at whole characters."""
        shifts = [offset % self._unit for offset, _ in ranges]
        whole = [(offset - shift, size + shift) for (offset, size), shift in zip(ranges, shifts, strict=True)]
        return [self._recoded(data) for data in self._read_ranges(whole)]

    def stored_size(self, text: bytes) -> int:
        """How many stored bytes a piece of the text is made of."""
        characters = text.decode("utf-8", "surrogateescape")
        if self._encoding in _MIXED:
            return len(characters.encode(self._encoding, "replace"))
        if self._unit == 1:
            return len(characters)
        return len(characters.encode("utf-16-le", "surrogatepass"))

    def cut(self, tail: bytes, size: int) -> bool:
        """Takes the text as ended where `tail`, its end, begins; False where that was read already.

        Args:
            tail: in UTF-8.
            size: bytes of the stored file.
        """
        if size % self._unit or (self._encoding in _MIXED and _UNDECODABLE in tail):
            return False  # it ends within a character, so that counting from the end misses
        return self._transcoder.cut(size - self.stored_size(tail) - self._mark)

    def _recoded(self, data: bytes) -> bytes:
        decoder = codecs.getincrementaldecoder(self._encoding)("loadstone.undecodable")
        return decoder.decode(data).encode("utf-8", "surrogateescape")
