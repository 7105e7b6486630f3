"""Excerpts of a text beyond its first records: all of a small rest, else pieces of the middle and the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from loadstone.readers.blocks import Blocks
    from loadstone.readers.intake import Intake

__all__ = [
    "RECORDS",
    "SEARCHED",
    "WHOLE",
    "Excerpt",
    "Excerpts",
    "behind_line",
    "excerpts",
    "places",
    "told_places",
]

#: So much text beyond the first records is looked at as a whole.
WHOLE = 256 * 1024
#: Else pieces of this size: at even distances, and at the end.
_PIECE = 16 * 1024
_BETWEEN = 3
#: Records of a piece that are looked at.
RECORDS = 150
#: A text that is not longer than this may be taken into memory as a whole.
SEARCHED = 4 * 1024 * 1024


class Excerpt(Struct, frozen=True):
    """A piece of a text, in UTF-8.

    Attributes:
        start: where it begins, in bytes from the head's start; of a recoded text as it is stored.
        text: the piece.
        is_aligned: whether it begins with a record.
        is_last: whether the file ends with it.
    """

    start: int
    text: bytes
    is_aligned: bool
    is_last: bool


class Excerpts(Struct, frozen=True):
    """What is looked at beyond the first records.

    Attributes:
        pieces: in the order of the file.
        is_whole: whether they are all that follows.
        has_end: whether the end of the file could be had.
    """

    pieces: tuple[Excerpt, ...] = ()
    is_whole: bool = False
    has_end: bool = True


def excerpts(
    blocks: Blocks, intake: Intake, *, seen: int, offset: int, size: int, only_end: bool = False
) -> Excerpts:
    """All of the text behind the first records where that is little, else pieces of it.

    A file that can be read at any place is read at four of them; of all others, what is in memory is there.

    Args:
        blocks: the text; its head stays as it is, but for growing where the text is recoded and short.
        intake: reads the stored bytes at other places.
        seen: bytes of the head that the first records take.
        offset: where the head begins in the file.
        size: of the stored file.
        only_end: look at nothing but the end.
    """
    recoded = intake.recoded
    if recoded is not None and size <= SEARCHED and not only_end:
        # Where its text lies in the file cannot be told exactly, so a short one is taken as a whole.
        while blocks.extend():
            pass
    head = blocks.head
    ranges = None if blocks.is_at_end else intake.ranges
    has_end = blocks.is_at_end or ranges is not None
    if ranges is not None and recoded is not None:
        seen = recoded.stored_size(bytes(head[:seen]))
    total = len(head) if ranges is None else size - offset
    if total <= seen:
        return Excerpts(has_end=has_end)
    is_whole = has_end and total - seen <= (_PIECE if only_end else WHOLE)
    wanted = [(seen, total - seen)] if is_whole else _places(seen, total, has_end=has_end)
    if only_end:
        wanted = wanted[-1:]
    if ranges is None:
        texts = [bytes(head[start : start + length]) for start, length in wanted]
    else:
        texts = list(ranges([(offset + start, length) for start, length in wanted]))
    pieces = (
        Excerpt(start, text, start == seen, has_end and start + length == total)
        for (start, length), text in zip(wanted, texts, strict=True)
    )
    return Excerpts(tuple(pieces), is_whole, has_end)


def told_places(start: int, middle: int, end: int, *, has_end: bool) -> dict[str, int]:
    """How many rows were seen where, for people."""
    between = "from the middle" if has_end else "from the first megabyte"
    found = {"from the start": start, between: middle, "from the end": end}
    return {place: rows for place, rows in found.items() if rows}


def behind_line(text: bytes) -> int:
    """Where the first line that is whole begins."""
    ends = [at for at in (text.find(b"\n"), text.find(b"\r")) if at >= 0]
    if not ends:
        return len(text)
    end = min(ends)
    return end + 2 if text[end : end + 2] == b"\r\n" else end + 1


def places(seen: int, total: int) -> list[int]:
    """Where pieces between the first records and the end begin."""
    return [seen + (total - seen) * part // (_BETWEEN + 1) for part in range(1, _BETWEEN + 1)]


def _places(seen: int, total: int, *, has_end: bool) -> list[tuple[int, int]]:
    between = [(start, _PIECE) for start in places(seen, total)]
    return [*between, (max(seen, total - _PIECE), min(_PIECE, total - seen))] if has_end else between
