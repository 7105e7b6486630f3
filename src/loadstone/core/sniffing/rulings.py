"""Lines that are drawn rather than written: what query tools put below the names of columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from loadstone.core.sniffing.decision import Record

__all__ = ["is_ruling", "ruled_rows"]

#: As many rows of names may stand above a drawn line.
_MOST_ROWS = 3
_DRAWN = re.compile(r"[-=_+|: \t]*")
_RUN = re.compile(r"[-=_]{3}")


def is_ruling(cells: Sequence[str | None]) -> bool:
    """Whether cells hold nothing but a drawn line: `--,----,------` or `----+------`."""
    filled = [cell for cell in cells if cell]
    return all(map(_DRAWN.fullmatch, filled)) and any(map(_RUN.search, filled))


def ruled_rows(records: Sequence[Record], start: int, end: int) -> int:
    """How many records from `start` on stand above a drawn line, as names do; 0 where none is drawn."""
    lines = (record.cells for record in records[start:end] if record.cells)
    for count, cells in enumerate(islice(lines, _MOST_ROWS + 1)):
        if is_ruling(cells):
            return count
    return 0
