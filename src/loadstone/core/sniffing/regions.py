"""Where the first table of a file begins and ends: what stands above it, below it, and in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from loadstone.core.sniffing.decision import Record
from loadstone.core.sniffing.footer import footer_of
from loadstone.core.sniffing.kinds import TYPED, KindCache, is_null_word
from loadstone.core.sniffing.preamble import below_titles, blocks_of, label_blocks

__all__ = ["Region", "find_region"]

Row = Sequence[str | None]

#: A table below the first is one only if it has so many rows, or stands apart and has a header.
_FEWEST_ROWS = 3


class Region(Struct, frozen=True):
    """The first table of a sample, as positions among its records.

    Attributes:
        start: its first record.
        end: behind its last one; what follows is no part of the table.
        width: cells of its records, without the empty one behind a trailing delimiter.
        has_comments: whether lines that begin with `#` are comments.
        has_trailing: whether records end with a delimiter that no cell follows.
        footer: positions of the lines below the table that belong to nothing.
        others: positions at which further tables begin.
        misfit: the position of a line above that looks like the header and has another number of cells.
    """

    start: int
    end: int
    width: int
    has_comments: bool = False
    has_trailing: bool = False
    footer: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    misfit: int | None = None


def find_region(
    records: Sequence[Record], text: bytes, width: int, kinds: KindCache, *, is_complete: bool
) -> Region:
    """Finds the table of records that are `width` cells wide, or another one that comes before it.

    Args:
        records: of the sample, blank lines among them.
        text: the sample.
        width: cells in most records.
        kinds: of cells.
        is_complete: whether the sample is all of the file, so that its end can be looked at.
    """
    comments = {i for i, record in enumerate(records) if text[record.start : record.start + 1] == b"#"}
    width = _first_width(records, comments, width, kinds)
    fitting = sum(len(records[i].cells) == width for i in comments)
    if not comments or 2 * fitting > len(comments):
        comments = set()
    lines = [i for i, record in enumerate(records) if record.cells and i not in comments]
    start = next((i for i in lines if len(records[i].cells) == width), len(records))
    start = below_titles(records, lines, start, width, kinds)
    body = [i for i in lines if i >= start and len(records[i].cells) == width]
    has_trailing, start, width, misfit = _header_width(records, lines, body, start, width, kinds)
    if width == 1:  # whatever stands on a line may be a value
        return Region(start, len(records), width, bool(comments))
    end, others = _end(records, lines, start, width, has_trailing, kinds)
    footer: tuple[int, ...] = ()
    if is_complete or end < len(records):
        end, footer = footer_of(records, [i for i in lines if start < i < end], end, width + has_trailing)
    return Region(start, end, width, bool(comments), has_trailing, footer, others, misfit)


def _first_width(records: Sequence[Record], comments: set[int], width: int, kinds: KindCache) -> int:
    """The width of the first table, where that is another one than most of the sample has."""
    blocks = blocks_of(records, comments)
    counts = Counter(len(record.cells) for record in records if record.cells)
    first = next((record for i, record in enumerate(records) if record.cells and i not in comments), None)
    if first is None or first.is_broken:
        return width
    labels = label_blocks([[records[i].cells for i in block] for block in blocks], kinds)
    if labels:
        # Names and values, as statements of accounts have them, are no table; the one below them is.
        wider = [len(records[i].cells) for block in blocks[labels:] for i in block]
        return width if width in wider else Counter(wider).most_common(1)[0][0]
    own = len(first.cells)
    if own >= 2 and (counts[own] >= 0.3 * counts.total() or (counts.total() <= _FEWEST_ROWS)):
        return own
    for block in blocks:
        if any(len(records[i].cells) == width for i in block):
            return width
        rows = [records[i].cells for i in block]
        found, count = Counter(map(len, rows)).most_common(1)[0]
        if count < _FEWEST_ROWS or found < 2 or count < 0.8 * len(rows):
            continue
        fitting = [row for row in rows if len(row) == found]
        if found > 2 or (4 * count > counts[width] and _is_header(fitting[0], fitting[1:], kinds)):
            return found  # two columns above a larger table are names and values: "from:, 2024-01-01"
    return width


def _header_width(
    records: Sequence[Record],
    lines: Sequence[int],
    body: Sequence[int],
    start: int,
    width: int,
    kinds: KindCache,
) -> tuple[bool, int, int, int | None]:
    """Settles records that are one cell wider than their header, and a header that fits no record."""
    if not body:
        return False, start, width, None
    before = max((i for i in lines if i < start), default=None)
    # A blank line parts a header from its rows only where all of its names fit.
    above = before if before == start - 1 else None
    if before is not None and len(body) > 1 and _is_narrower(records, before, body):
        ends_empty = width - len(records[before].cells) == 1 or records[start].cells[-1] is None
        return ends_empty, before, width - ends_empty, None
    cells = records[above].cells if above is not None else ()
    found = len(cells)
    ends_empty = len(body) > 1 and width > 2 and all(records[i].cells[-1] is None for i in body[1:])
    if ends_empty and records[start].cells[-1] is None:
        return True, above if above is not None and found == width - 1 else start, width - 1, None
    names = [cell for cell in cells if cell]
    if above is not None and found == width + 1 and len(names) == width:
        ends_so = cells[-1] is None
        return ends_so, above, width, None if ends_so else above
    looks_like_it = found > width / 2 and len(names) == found >= 2 and width > 2
    is_broken = above is None or records[above].is_broken
    if looks_like_it and not is_broken and all(kinds[name] not in TYPED for name in names):
        return False, start, width, above
    return False, start, width, None


def _is_narrower(records: Sequence[Record], above: int, body: Sequence[int]) -> bool:
    """Whether what the records have beyond the names above them is empty: a sheet that was wider once."""
    names = records[above].cells
    if len(names) < 2 or not all(names) or records[above].is_broken:
        return False
    return all(not any(records[i].cells[len(names) :]) for i in body)


def _end(
    records: Sequence[Record],
    lines: Sequence[int],
    start: int,
    width: int,
    has_trailing: bool,
    kinds: KindCache,
) -> tuple[int, tuple[int, ...]]:
    """Where another table begins, and the beginnings of those behind it."""
    fits = {width, width + 1} if has_trailing else {width}
    body = [records[i].cells for i in lines if i >= start and len(records[i].cells) in fits]
    blocks = blocks_of(records, set(range(len(records))) - {i for i in lines if i >= start})
    ends: list[int] = []
    for block in blocks[1:]:
        titles = 0
        while titles < len(block) - 1 and len(records[block[titles]].cells) == 1:
            titles += 1
        rows = [records[i].cells for i in block[titles:]]
        common, count = Counter(map(len, rows)).most_common(1)[0]
        if common not in fits:
            is_other = common >= 2 and count >= 2 and 2 * count > len(rows)
        else:
            is_other = (rows[0] == body[0] and not any(kinds[cell] in TYPED for cell in rows[0])) or (
                len(rows) > 1 and len(rows[0]) in fits and _is_header(rows[0], body[1:] + rows[1:], kinds)
            )
        if is_other or (ends and common >= 2):
            ends.append(block[0])
    run = _other_run(records, [i for i in lines if i > start], fits, kinds)
    if run is not None and (not ends or run < ends[0]):
        ends.insert(0, run)
    return (ends[0] if ends else len(records)), tuple(ends)


def _other_run(
    records: Sequence[Record], lines: Sequence[int], fits: set[int], kinds: KindCache
) -> int | None:
    """Where, without a blank line, rows of another width begin, under a header, that go on to the end."""
    if not lines:
        return None
    common = len(records[lines[-1]].cells)
    run = len(lines)
    while run and len(records[lines[run - 1]].cells) == common:
        run -= 1
    rows = [records[i].cells for i in lines[run:]]
    is_other = common not in fits and common >= 2 and len(rows) >= _FEWEST_ROWS
    return lines[run] if is_other and _is_header(rows[0], rows[1:], kinds) else None


def _is_header(row: Row, body: Sequence[Row], kinds: KindCache) -> bool:
    """Whether a row names columns that hold numbers, dates and the like, and holds none itself."""
    if any(kinds[cell] in TYPED or is_null_word(cell) for cell in row):
        return False
    rows = [other for other in body if len(other) == len(row)]
    for column in zip(*rows, strict=True):
        filled = [cell for cell in column if not is_null_word(cell)]
        if filled and sum(kinds[cell] in TYPED for cell in filled) >= 0.8 * len(filled):
            return True
    return False
