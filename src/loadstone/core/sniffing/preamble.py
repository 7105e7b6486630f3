"""What stands above a table: titles, and names with their values."""

from __future__ import annotations

from collections.abc import Sequence

from loadstone.core.sniffing.decision import Record
from loadstone.core.sniffing.kinds import TYPED, KindCache

__all__ = ["below_titles", "blocks_of", "label_blocks"]

Row = Sequence[str | None]


def blocks_of(records: Sequence[Record], comments: set[int]) -> list[list[int]]:
    """Positions of records, those between two blank lines together."""
    blocks: list[list[int]] = [[]]
    for i, record in enumerate(records):
        if not record.cells:
            blocks.append([])
        elif i not in comments:
            blocks[-1].append(i)
    return [block for block in blocks if block]


def label_blocks(blocks: Sequence[Sequence[Row]], kinds: KindCache) -> int:
    """How many blocks stand above a wider table with a header, each of nothing but names and values."""
    for count, block in enumerate(blocks):
        filled = [_without_empty(row) for row in block]
        widest = max(map(len, filled))
        if widest > 2:
            names, *rows = filled
            words = sum(bool(name) and kinds[name] not in TYPED for name in names)
            return count if rows and len(names) == widest and all(names) and 2 * words >= widest else 0
        if not _are_labels(filled, kinds):
            return 0
    return 0


def _are_labels(rows: Sequence[Row], kinds: KindCache) -> bool:
    """Whether rows of one cell or two are names and values, such as `from:, 2024-01-01`, and no table."""
    pairs = [row for row in rows if len(row) > 1]
    names = [row[0] for row in pairs]
    if any(kinds[name] in TYPED or not name for name in names) or len(set(names)) < len(names):
        return False
    ends_so = sum(str(name).rstrip().endswith(":") for name in names)
    found = {kinds[row[1]] for row in pairs[1:]}
    return len(pairs) <= 2 or 2 * ends_so > len(pairs) or len(found) > 1


def _without_empty(row: Row) -> Row:
    """A row without the empty cells at its end."""
    filled = [i for i, cell in enumerate(row) if cell]
    return row[: filled[-1] + 1] if filled else ()


def below_titles(
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
