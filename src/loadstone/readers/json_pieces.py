"""Records of a JSON file beyond its first ones: of its middle and its end, where one is known to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from loadstone.codec.jsontext import value_end
from loadstone.readers.excerpts import RECORDS, WHOLE, Excerpt, Excerpts, excerpts, places

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loadstone.readers.blocks import Blocks
    from loadstone.readers.intake import Intake

__all__ = ["JsonPieces", "element_start", "look_at_elements", "look_at_held", "look_at_lines"]

#: The share of what looks like an element that must be one.
_ALIKE = 0.8


class JsonPieces(Struct, frozen=True):
    """What was seen beyond the first records.

    Attributes:
        middle: records from between.
        end: records from the end.
        is_complete: whether all of the file was seen.
        has_end: whether the end of the file could be had.
    """

    middle: tuple[bytes, ...] = ()
    end: tuple[bytes, ...] = ()
    is_complete: bool = False
    has_end: bool = True


def look_at_lines(blocks: Blocks, intake: Intake, *, seen: int, offset: int, size: int) -> JsonPieces:
    """Lines of JSON Lines: see `excerpts`. A line break is the end of a record wherever it stands."""
    found = excerpts(blocks, intake, seen=seen, offset=offset, size=size)
    return _looked(found, _lines, is_complete=found.is_whole)


def look_at_elements(
    blocks: Blocks, intake: Intake, start: bytes, *, seen: int, offset: int, size: int
) -> JsonPieces:
    """Elements of an array that all begin as `element_start` found: see `excerpts`."""

    def elements(piece: Excerpt) -> list[bytes]:
        found = piece.text.split(start)[1:]
        found = found[-RECORDS:] if piece.is_last else found[: RECORDS + 1]
        ends = [value_end(b"{" + text) for text in found]
        whole = [b"{" + text[: end - 1] for text, end in zip(found, ends, strict=True) if end is not None]
        return whole if len(whole) >= _ALIKE * (len(found) - 1) else []

    found = excerpts(blocks, intake, seen=seen, offset=offset, size=size)
    # Not even where they are all that follows: what looks otherwise may be an element, too.
    return _looked(found, elements, is_complete=False)


def look_at_held(
    records: Sequence[tuple[int, int]], head: memoryview, *, seen: int, is_all: bool
) -> JsonPieces:
    """Records of the part of a file that is in memory.

    Args:
        records: where each record that follows the first ones begins, and its length.
        head: the text.
        seen: bytes of it that the first records take.
        is_all: whether nothing follows it.
    """
    if is_all and len(head) - seen <= WHOLE:
        return JsonPieces(_texts(records, head), is_complete=True)
    middle: list[tuple[int, int]] = []
    last = max(0, len(records) - RECORDS) if is_all else len(records)
    for start in places(0, len(records)):
        middle += records[start : min(start + RECORDS, last)]
    middle = sorted(set(middle))
    return JsonPieces(_texts(middle, head), _texts(records[last:], head), has_end=is_all)


def element_start(records: Sequence[tuple[int, int]], head: bytes) -> bytes | None:
    r"""What all elements of an array begin with, such as b"\n  {"; None where nothing tells where one begins.

    In an indented array that is the indentation, else a line for each element: JSON holds no line break but
    between its tokens.

    Args:
        records: where each of the first elements begins, and its length.
        head: the text.
    """
    # The first one may stand on the line of the bracket.
    starts = {head[max(0, head.rfind(b"\n", 0, at)) : at + 1] for at, _ in records[1:]}
    if len(starts) != 1:
        return None
    (start,) = starts
    if start[:1] != b"\n" or start[1:].strip() != b"{":
        return None
    is_indented = len(start) > len(b"\n{")
    return start if is_indented or not any(b"\n" in head[at : at + size] for at, size in records) else None


def _looked(
    found: Excerpts, records_of: Callable[[Excerpt], list[bytes]], *, is_complete: bool
) -> JsonPieces:
    middle: list[bytes] = []
    end: list[bytes] = []
    for piece in found.pieces:
        records = records_of(piece)
        if found.is_whole:
            middle += records
        elif piece.is_last:
            end += records[-RECORDS:]
        else:
            middle += records[:RECORDS]
    return JsonPieces(tuple(middle), tuple(end), is_complete, found.has_end)


def _lines(piece: Excerpt) -> list[bytes]:
    text = piece.text if piece.is_aligned else piece.text.partition(b"\n")[2]
    lines = text.split(b"\n")
    if not piece.is_last:
        lines.pop()  # it goes on beyond the piece
    return [line for line in lines if line and not line.isspace()]


def _texts(records: Sequence[tuple[int, int]], head: memoryview) -> tuple[bytes, ...]:
    return tuple(bytes(head[at : at + size]) for at, size in records)
