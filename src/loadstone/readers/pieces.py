"""A second look at delimited text: pieces of its middle and its end, beyond the first records."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from loadstone.codec.sampling import SampledRecord, split_records
from loadstone.core.sniffing.decision import Decision, Record
from loadstone.core.sniffing.regions import find_footer
from loadstone.readers.looking import shown_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loadstone.model.load import Layout
    from loadstone.readers.blocks import Blocks
    from loadstone.readers.looking import Look

__all__ = [
    "SEARCHED",
    "Pieces",
    "aligned_records",
    "fitting_rows",
    "look_further",
    "rows_with_values",
    "with_footer",
    "with_pieces",
]

Row = tuple[str | None, ...]

#: So much text beyond the first records is looked at as a whole.
_WHOLE = 256 * 1024
#: Else pieces of this size: at even distances, and at the end.
_PIECE = 16 * 1024
_BETWEEN = 3
_RECORDS = 150
#: A column that none of them has a value for is looked for in all of a text that is not longer than this.
SEARCHED = 4 * 1024 * 1024
_FOUND = 1000
#: The share of a piece's records that must have as many cells as the table has columns.
_ALIKE = 0.8


class Pieces(NamedTuple):
    """What was seen beyond the first records.

    Attributes:
        middle: rows from between.
        end: rows from the end.
        is_complete: whether all of the file was seen.
        footer: where what stands below the rows begins, in bytes from the head's start; None: nothing does.
        footer_lines: these lines.
    """

    middle: tuple[Row, ...] = ()
    end: tuple[Row, ...] = ()
    is_complete: bool = False
    footer: int | None = None
    footer_lines: tuple[bytes, ...] = ()


class _Piece(NamedTuple):
    start: int
    text: bytes
    is_aligned: bool
    is_last: bool


def look_further(
    blocks: Blocks,
    ranges: Callable[[Sequence[tuple[int, int]]], Sequence[bytes]] | None,
    look: Look,
    *,
    seen: int,
    offset: int,
    size: int,
    width: int,
    finds_footer: bool,
    only_end: bool = False,
) -> Pieces:
    """Looks at the rest of a small file, else at pieces of it.

    Args:
        blocks: the text; its head stays as it is.
        ranges: reads (offset, size) of the text as it is stored; None where only the head can be had.
        look: how the text is written.
        seen: bytes of the head that the first records take.
        offset: where the head begins in the file.
        size: of the file.
        width: columns.
        finds_footer: whether the end may hold lines that belong to nothing.
        only_end: look at nothing but the end.
    """
    head = blocks.head
    held = len(head)
    ranges = None if blocks.is_at_end else ranges
    total = held if ranges is None else size - offset
    has_end = blocks.is_at_end or ranges is not None
    if total <= seen:
        return Pieces()
    is_whole = has_end and total - seen <= (_PIECE if only_end else _WHOLE)
    places = [(seen, total - seen)] if is_whole else _places(seen, total, has_end=has_end)
    if only_end:
        places = places[-1:]
    if ranges is None:
        texts = [bytes(head[start : start + length]) for start, length in places]
    else:
        texts = list(ranges([(offset + start, length) for start, length in places]))
    pieces = [
        _Piece(start, text, start == seen, has_end and start + len(text) == total)
        for (start, _), text in zip(places, texts, strict=True)
    ]
    return _rows(pieces, look, width, is_whole=is_whole, finds_footer=finds_footer)


def with_pieces(first: Layout, pieces: Pieces, rest: Sequence[Row]) -> Layout:
    """The layout of the first records with what was seen beyond them."""
    parts = {
        "from the start": len(first.sample),
        "from the middle": len(pieces.middle),
        "from the end": len(pieces.end),
        "with values that others lack": len(rest),
    }
    first = with_footer(first, pieces)
    dialect = dict(first.dialect)
    if not pieces.is_complete:
        dialect["sampled"] = {name: rows for name, rows in parts.items() if rows}
    return first._replace(
        dialect=dialect,
        sample=(*first.sample, *pieces.middle, *pieces.end, *rest),
        is_complete=pieces.is_complete,
        seen=", ".join(f"{rows:,} rows {name}" for name, rows in parts.items() if rows),
        further=None,
    )


def with_footer(layout: Layout, pieces: Pieces) -> Layout:
    """The layout that tells of what stands below the rows."""
    if not pieces.footer_lines:
        return layout
    lines = [shown_line(line) for line in pieces.footer_lines]
    decision = Decision(len(lines), 0.8, f"below the last rows stands {lines[0]!r}")
    decided = {**layout.dialect["decided"], "footer_lines": decision.noted}
    what = "1 line" if len(lines) == 1 else f"{len(lines):,} lines"
    note = f"{what} below the rows left out: {'; '.join(map(repr, lines))}"
    return layout._replace(dialect={**layout.dialect, "decided": decided}, notes=(*layout.notes, note))


def rows_with_values(blocks: Blocks, look: Look, width: int, positions: set[int]) -> tuple[Row, ...]:
    """Rows that have a value in one of these columns, from all of a file that is not large; else none."""
    while len(blocks.head) < SEARCHED and blocks.extend():
        pass
    if not blocks.is_at_end or len(blocks.head) > SEARCHED:
        return ()
    records = _split(bytes(blocks.head), look, final=True, limit=len(blocks.head))
    found = (
        row
        for row in fitting_rows(records, width, has_trailing=look.trailing_delimiter)
        if any(row[position] for position in positions)
    )
    return tuple(row for row, _ in zip(found, range(_FOUND), strict=False))


def fitting_rows(records: Sequence[Record], width: int, *, has_trailing: bool) -> tuple[Row, ...]:
    """The cells of records that have the right number of them."""
    widths = {width, width + 1} if has_trailing else {width}
    return tuple(
        tuple(record.cells[:width])
        for record in records
        if len(record.cells) in widths and not (record.is_broken and width > 1)
    )


def aligned_records(
    text: bytes, look: Look, width: int, *, final: bool, limit: int
) -> Sequence[SampledRecord]:
    """The whole records of a text that begins anywhere: between records, in one, or within quotes.

    Both are tried, that the text begins outside of quotes and that it begins within them; the one that makes
    more records of the right width is believed, and none where neither makes enough.
    """
    begin = _behind_line(text)
    outside = _split(text[begin:], look, final=final, limit=limit)
    candidates = [[record._replace(start=record.start + begin, end=record.end + begin) for record in outside]]
    if look.quote and look.quote in text:
        inside = _split(look.quote + text, look, final=final, limit=limit + 1)[1:]
        shift = len(look.quote)
        candidates.append(
            [record._replace(start=record.start - shift, end=record.end - shift) for record in inside]
        )
    best = max(candidates, key=lambda records: _alike(records, look, width))
    if _alike(best, look, width) < _ALIKE:
        return ()
    # What comes before a misfit, or a quote in a cell, may be lines of a cell that only look like records.
    doubtful = [i for i, record in enumerate(best[: len(best) // 2]) if not _is_plain(record, look, width)]
    return best[doubtful[-1] + 1 :] if doubtful else best


def _places(seen: int, total: int, *, has_end: bool) -> list[tuple[int, int]]:
    between = total - seen
    places = [(seen + between * part // (_BETWEEN + 1), _PIECE) for part in range(1, _BETWEEN + 1)]
    return [*places, (max(seen, total - _PIECE), min(_PIECE, between))] if has_end else places


def _rows(pieces: Sequence[_Piece], look: Look, width: int, *, is_whole: bool, finds_footer: bool) -> Pieces:
    middle: list[Row] = []
    end: list[Row] = []
    footer: int | None = None
    lines: tuple[bytes, ...] = ()
    is_complete = is_whole
    for piece in pieces:
        limit = len(piece.text) if is_whole or piece.is_last else _RECORDS
        records: Sequence[SampledRecord]
        if piece.is_aligned:
            records = _split(piece.text, look, final=piece.is_last, limit=limit)
            is_complete = is_complete and bool(records) and records[-1].end == len(piece.text)
        else:
            records = aligned_records(piece.text, look, width, final=piece.is_last, limit=limit)
        if piece.is_last and finds_footer and width > 1:
            stop, below = find_footer(records, _width(look, width))
            if below:
                footer = piece.start + records[stop].start
                lines = tuple(piece.text[records[i].start : records[i].end] for i in below)
                records = records[:stop]
        rows = fitting_rows(records, width, has_trailing=look.trailing_delimiter)
        if piece.is_last:
            end += rows if is_whole else rows[-_RECORDS:]
        else:
            middle += rows
    if is_whole:
        middle, end = end, []
    return Pieces(tuple(middle), tuple(end), is_complete, footer, lines)


def _width(look: Look, width: int) -> int:
    return width + 1 if look.trailing_delimiter else width


def _split(text: bytes, look: Look, *, final: bool, limit: int) -> list[SampledRecord]:
    return split_records(
        text, look.delimiter, look.quote, look.escape, final=final, limit=limit, comment=look.comment
    )


def _alike(records: Sequence[SampledRecord], look: Look, width: int) -> float:
    fits = [_fits(record, look, width) for record in records if record.cells]
    return sum(fits) / len(fits) if fits else 0.0


def _fits(record: SampledRecord, look: Look, width: int) -> bool:
    return bool(fitting_rows([record], width, has_trailing=look.trailing_delimiter))


def _is_plain(record: SampledRecord, look: Look, width: int) -> bool:
    quote = look.quote.decode() if look.quote else "\0"
    return _fits(record, look, width) and not any(quote in cell for cell in record.cells if cell)


def _behind_line(text: bytes) -> int:
    """Where the first line that is whole begins."""
    ends = [at for at in (text.find(b"\n"), text.find(b"\r")) if at >= 0]
    if not ends:
        return len(text)
    end = min(ends)
    return end + 2 if text[end : end + 2] == b"\r\n" else end + 1
