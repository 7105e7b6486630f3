"""A second look at delimited text: pieces of its middle and its end, beyond the first records."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from loadstone.codec.sampling import SampledRecord, split_records
from loadstone.core.sniffing.decision import Decision, Record
from loadstone.core.sniffing.footer import find_footer
from loadstone.readers.excerpts import RECORDS, SEARCHED, behind_line, excerpts, told_places
from loadstone.readers.looking import shown_line
from loadstone.readers.opened import why_only_beginning, with_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadstone.model.load import Layout
    from loadstone.readers.blocks import Blocks
    from loadstone.readers.excerpts import Excerpts
    from loadstone.readers.intake import Intake
    from loadstone.readers.looking import Look

__all__ = [
    "Pieces",
    "aligned_records",
    "fitting_rows",
    "look_further",
    "rows_with_values",
    "with_footer",
    "with_pieces",
]

Row = tuple[str | None, ...]

#: Rows with a value for a column that no piece has one for.
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
        tail: the text from there to the end of the file.
        has_end: whether the end of the file could be had.
    """

    middle: tuple[Row, ...] = ()
    end: tuple[Row, ...] = ()
    is_complete: bool = False
    footer: int | None = None
    footer_lines: tuple[bytes, ...] = ()
    tail: bytes = b""
    has_end: bool = True


def look_further(
    blocks: Blocks,
    intake: Intake,
    look: Look,
    *,
    seen: int,
    offset: int,
    size: int,
    width: int,
    finds_footer: bool,
    only_end: bool = False,
) -> Pieces:
    """Looks at the rest of a small file, else at pieces of it: see `excerpts`.

    Args:
        blocks: the text; its head stays as it is.
        intake: reads the stored bytes at other places.
        look: how the text is written.
        seen: bytes of the head that the first records take.
        offset: where the head begins in the file.
        size: of the stored file.
        width: columns.
        finds_footer: whether the end may hold lines that belong to nothing.
        only_end: look at nothing but the end.
    """
    found = excerpts(blocks, intake, seen=seen, offset=offset, size=size, only_end=only_end)
    return _rows(found, look, width, finds_footer=finds_footer)


def with_pieces(first: Layout, pieces: Pieces, rest: Sequence[Row]) -> Layout:
    """The layout of the first records with what was seen beyond them."""
    parts = told_places(len(first.sample), len(pieces.middle), len(pieces.end), has_end=pieces.has_end)
    if rest:
        parts["with values that others lack"] = len(rest)
    return with_sample(
        with_footer(first, pieces),
        (*first.sample, *pieces.middle, *pieces.end, *rest),
        parts,
        is_complete=pieces.is_complete,
        only_beginning="" if pieces.has_end else why_only_beginning(first),
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
    begin = behind_line(text)
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


def _rows(found: Excerpts, look: Look, width: int, *, finds_footer: bool) -> Pieces:
    pieces, is_whole = found.pieces, found.is_whole
    middle: list[Row] = []
    end: list[Row] = []
    footer: int | None = None
    lines: tuple[bytes, ...] = ()
    tail = b""
    is_complete = is_whole
    for piece in pieces:
        limit = len(piece.text) if is_whole or piece.is_last else RECORDS
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
                tail = piece.text[records[stop].start :]
                lines = tuple(piece.text[records[i].start : records[i].end] for i in below)
                records = records[:stop]
        rows = fitting_rows(records, width, has_trailing=look.trailing_delimiter)
        if piece.is_last:
            end += rows if is_whole else rows[-RECORDS:]
        else:
            middle += rows
    if is_whole:
        middle, end = end, []
    return Pieces(tuple(middle), tuple(end), is_complete, footer, lines, tail, found.has_end)


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
