"""Where the first table of a file begins and ends: what stands above it, below it, and in between."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import isclose

from msgspec import Struct

from loadstone.core.sniffing.decision import Record
from loadstone.core.sniffing.kinds import TYPED, KindCache, is_null_word

__all__ = ["Region", "find_footer", "find_region"]

Row = Sequence[str | None]

#: A table below the first is one only if it has so many rows, or stands apart and has a header.
_FEWEST_ROWS = 3
_LONGEST_FOOTER = 5
_TOTAL = re.compile(r"\W*(?:(?:grand |sub|sub-)?totals?\b|sum\b|summe\b|gesamt|insgesamt)", re.IGNORECASE)
_FOOTER = re.compile(
    r"\W*(?:count\b|rows?\b|records?\b|end of|eof\b"
    r"|source\b|note\b|generated|exported|created|printed|page \d|copyright|©"
    r"|\d[\d.,]* (?:rows?|records?|lines?|entries|zeilen|datens)|[-=*_]{3,}\W*$)",
    re.IGNORECASE,
)


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
    start = _below_titles(records, lines, start, width, kinds)
    body = [i for i in lines if i >= start and len(records[i].cells) == width]
    has_trailing, start, width, misfit = _header_width(records, lines, body, start, width, kinds)
    if width == 1:  # whatever stands on a line may be a value
        return Region(start, len(records), width, bool(comments))
    end, others = _end(records, lines, start, width, has_trailing, kinds)
    footer: tuple[int, ...] = ()
    if is_complete or end < len(records):
        end, footer = _footer(records, [i for i in lines if start < i < end], end, width)
    return Region(start, end, width, bool(comments), has_trailing, footer, others, misfit)


def find_footer(records: Sequence[Record], width: int) -> tuple[int, tuple[int, ...]]:
    """Where the rows end in records that reach to the file's end, and what stands below them."""
    return _footer(records, [i for i, record in enumerate(records) if record.cells], len(records), width)


def _first_width(records: Sequence[Record], comments: set[int], width: int, kinds: KindCache) -> int:
    """The width of the first table, where that is another one than most of the sample has."""
    blocks = _blocks(records, comments)
    counts = Counter(len(record.cells) for record in records if record.cells)
    first = next((record for i, record in enumerate(records) if record.cells and i not in comments), None)
    if first is None or first.is_broken:
        return width
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


def _blocks(records: Sequence[Record], comments: set[int]) -> list[list[int]]:
    """Positions of records, those between two blank lines together."""
    blocks: list[list[int]] = [[]]
    for i, record in enumerate(records):
        if not record.cells:
            blocks.append([])
        elif i not in comments:
            blocks[-1].append(i)
    return [block for block in blocks if block]


def _below_titles(
    records: Sequence[Record], lines: Sequence[int], start: int, width: int, kinds: KindCache
) -> int:
    """The start, below lines that a spreadsheet filled up with delimiters: one cell or two, then nothing."""
    if width < 3:
        return start
    for i in (i for i in lines if i >= start):
        cells = records[i].cells
        if len(cells) != width:
            continue
        filled = sum(map(bool, cells))
        if 3 * filled > width or any(cells[2:]):
            is_name = filled == width and all(kinds[cell] not in TYPED for cell in cells)
            return i if is_name else start
    return start


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
    above = start - 1 if start - 1 in lines else None
    cells = records[above].cells if above is not None else ()
    found = len(cells)
    ends_empty = len(body) > 1 and width > 2 and all(records[i].cells[-1] is None for i in body[1:])
    if ends_empty and records[start].cells[-1] is None:
        return True, above if above is not None and found == width - 1 else start, width - 1, None
    names = [cell for cell in cells if cell]
    if above is None or not names:
        return False, start, width, None
    if found == width + 1 and len(names) == width:
        ends_so = cells[-1] is None
        return ends_so, above, width, None if ends_so else above
    looks_like_it = found > width / 2 and len(names) == found and not records[above].is_broken
    if looks_like_it and width > 2 and found >= 2 and all(kinds[name] not in TYPED for name in names):
        return False, start, width, above
    return False, start, width, None


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
    blocks = _blocks(records, set(range(len(records))) - {i for i in lines if i >= start})
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


def _footer(
    records: Sequence[Record], lines: Sequence[int], end: int, width: int
) -> tuple[int, tuple[int, ...]]:
    """Leaves out what stands below the rows: totals, counts, remarks."""
    footer: list[int] = []
    for i in reversed(lines):
        cells = records[i].cells
        first = next((cell for cell in cells if cell), "")
        if len(cells) == width:
            others = [records[k].cells for k in lines if k < i and len(records[k].cells) == width]
            is_footer = bool(_TOTAL.match(first)) and (not all(cells) or _is_sum(cells, others))
        else:
            is_footer = bool(_TOTAL.match(first) or _FOOTER.match(first))
        if not is_footer or len(footer) == _LONGEST_FOOTER:
            break
        footer.append(i)
    return (footer[-1] if footer else end), tuple(reversed(footer))


def _is_sum(cells: Row, rows: Sequence[Row]) -> bool:
    """Whether a row holds the sum of some column."""
    for position, cell in enumerate(cells):
        try:
            values = [float(row[position] or 0) for row in rows]
            total = float(cell or 0)
        except ValueError:
            continue
        if len(values) > 1 and total and isclose(sum(values), total, rel_tol=1e-9, abs_tol=1e-6):
            return True
    return False
