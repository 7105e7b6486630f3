"""What stands below the rows of a table: totals, counts, remarks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isclose

from loadstone.core.sniffing.decision import Record
from loadstone.core.sniffing.numbers import amount

__all__ = ["find_footer", "footer_of", "is_below_rows"]

Row = Sequence[str | None]

_LONGEST_FOOTER = 5
_COUNT = re.compile(r"\(?\d[\d.,]* (?:rows?|records?) (?:selected|affected|returned|in set)", re.IGNORECASE)
_LONGEST_REMARK = 20
_FEWEST_CELLS = 3
#: Words with blanks between them: a record that lost its delimiters has none at its beginning.
_WORDS = re.compile(r"[^\W\d_]+[ :]")
_TOTAL = re.compile(r"\W*(?:(?:grand |sub|sub-)?totals?\b|sum\b|summe\b|gesamt|insgesamt)", re.IGNORECASE)
_FOOTER = re.compile(
    r"\W*(?:count\b|rows?\b|records?\b|end of|eof\b"
    r"|source\b|note\b|generated|exported|created|printed|page \d|copyright|©"
    r"|\d[\d.,]* (?:rows?|records?|lines?|entries|zeilen|datens)|[-=*_]{3,}\W*$)"
    # What ends a COPY of PostgreSQL's, and a file of DOS.
    r"|\\?\.$|\x1a$",
    re.IGNORECASE,
)


def find_footer(records: Sequence[Record], width: int) -> tuple[int, tuple[int, ...]]:
    """Where the rows end in records that reach to the file's end, and what stands below them."""
    return footer_of(records, [i for i, record in enumerate(records) if record.cells], len(records), width)


def is_below_rows(cells: Sequence[str | None]) -> bool:
    """Whether a row with gaps begins as a total or a remark does."""
    first = next((cell for cell in cells if cell), "")
    return not all(cells) and bool(_TOTAL.match(first) or _FOOTER.match(first))


def footer_of(
    records: Sequence[Record], lines: Sequence[int], end: int, width: int
) -> tuple[int, tuple[int, ...]]:
    """Leaves out what stands below the rows: totals, counts, remarks, rows of nothing but delimiters.

    Args:
        records: of the sample.
        lines: positions of those that are not blank, and below the first row.
        end: behind the last of them.
        width: cells of a row.
    """
    footer: list[int] = _remarks(records, lines, width)
    rest = lines[: len(lines) - len(footer)]
    words = 0
    for i in reversed(rest):
        cells = records[i].cells
        if width < _FEWEST_CELLS or len(cells) != width or any(cell is not None for cell in cells):
            words += 1
            if words > _LONGEST_FOOTER or not _is_footer(records, rest, i, width):
                break
        footer.append(i)
    return (footer[-1] if footer else end), tuple(reversed(footer))


def _is_footer(records: Sequence[Record], lines: Sequence[int], position: int, width: int) -> bool:
    """Whether a line is a total, a count or a remark."""
    cells = records[position].cells
    whole = " ".join(filter(None, cells))  # white space may have parted it
    if len(cells) != width:
        return bool(_TOTAL.match(whole) or _FOOTER.match(whole))
    if not records[position - 1].cells and _COUNT.match(whole):
        return True
    first = next((cell for cell in cells if cell), "")
    if not _TOTAL.match(first) or not all(cells):
        return bool(_TOTAL.match(first))
    rows = (records[i].cells for i in lines if i < position)
    return _is_sum(cells, [row for row in rows if len(row) == width])


def _remarks(records: Sequence[Record], lines: Sequence[int], width: int) -> list[int]:
    """Lines of words at the end, below a blank one, that have one cell where rows have several."""
    remarks: list[int] = []
    for i in reversed(lines):
        cells = records[i].cells
        if width < _FEWEST_CELLS or len(cells) > 1 or not _WORDS.match(cells[0] or ""):
            break
        remarks.append(i)
    is_apart = bool(remarks) and remarks[-1] > 0 and not records[remarks[-1] - 1].cells
    return remarks if is_apart and len(remarks) <= _LONGEST_REMARK else []


def _is_sum(cells: Row, rows: Sequence[Row]) -> bool:
    """Whether a row holds the sum of some column."""
    for position, cell in enumerate(cells):
        try:
            values = [amount(row[position]) for row in rows]
            total = amount(cell)
        except ValueError:
            continue
        if len(values) > 1 and total and isclose(sum(values), total, rel_tol=1e-9, abs_tol=1e-6):
            return True
    return False
