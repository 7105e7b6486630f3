"""Whether a table has a header, of how many rows, and what the columns are called by it."""

from __future__ import annotations

from collections.abc import Sequence

from loadstone.core.sniffing.decision import Decision
from loadstone.core.sniffing.header_forms import (
    are_names,
    is_units,
    names_groups,
    numbered_names,
    typed_columns,
)
from loadstone.core.sniffing.kinds import TYPED, KindCache, is_null_word

__all__ = ["header_rows", "joined_names"]

Row = Sequence[str | None]

_BODY = 200
_MOST_ROWS = 3
#: Fewer records than these do not tell a second header row from a bad first row.
_ENOUGH = 5
_SHOWN = 3
_FEWEST_BELOW = 3


def header_rows(rows: Sequence[Row], kinds: KindCache) -> Decision:
    """How many of a table's first rows are its header: 0, 1 or more."""
    if len(rows) < 2:
        return _of_one(rows[0], kinds) if rows else Decision(1, 0.5, "there are no rows")
    first, body = rows[0], rows[1 : _BODY + 1]
    if len(rows) > _FEWEST_BELOW and None in first and names_groups(first, rows[1], rows[2:], kinds):
        return Decision(2, 0.7, "the second row names the columns, and the first one groups of them")
    votes, because = _votes(first, body, typed_columns(body, kinds), kinds)
    if votes > 0 and (count := _more_rows(rows, kinds)) > 1:
        return Decision(count, 0.7, f"the first {count} rows hold words above numbers or dates")
    if votes > 0 or votes <= -1:  # one word that comes again is little proof
        return Decision(int(votes > 0), min(1.0, 0.6 + 0.1 * abs(votes)), because)
    if are_names(first):
        return Decision(1, 0.5, "nothing tells it from the rows, and most files have one")
    return Decision(0, 0.5, "the first row does not name every column")


def _of_one(row: Row, kinds: KindCache) -> Decision:
    """Whether the only row of a file is a header."""
    if any(kinds[cell] in TYPED for cell in row if cell):
        return Decision(0, 0.6, "the only row holds numbers or dates")
    return Decision(1, 0.6, "the only row holds nothing but words")


def joined_names(rows: Sequence[Row]) -> list[str]:
    """The names of the columns: of several header rows, each column's words joined by a blank.

    In all but the last row, an empty cell continues the one to its left, as merged cells are exported.
    """
    parts: list[list[str]] = [[] for _ in rows[-1]]
    for row in rows[:-1]:
        above = ""
        for column, cell in enumerate(row):
            above = (cell or "").strip() or above
            if above and (not parts[column] or parts[column][-1] != above):
                parts[column].append(above)
    for column, cell in enumerate(rows[-1]):
        name = (cell or "").strip()
        if name and (not parts[column] or parts[column][-1] != name):
            parts[column].append(name)
    return [" ".join(words) for words in parts]


def _votes(first: Row, body: Sequence[Row], typed: dict[int, str], kinds: KindCache) -> tuple[float, str]:
    """Above 0 where the first row is a header, below where it is a row like others; and why."""
    if (why := numbered_names(first, body, kinds)) is not None:
        return 2.0, why
    named, same, votes = [], [], 0.0
    for position, cell in enumerate(first):
        if position in typed:
            if cell and kinds[cell] != typed[position] and not is_null_word(cell):
                named.append(cell)
            elif not is_null_word(cell):
                same.append(cell or "")
        elif cell:
            values = [row[position] for row in body if row[position]]
            lengths = {len(value) for value in values if value}
            if cell in values:
                votes -= 0.5
            elif len(values) >= _ENOUGH and len(lengths) == 1 and len(cell) not in lengths:
                votes += 0.5
    votes += len(named) - len(same)
    if votes > 0:
        shown = ", ".join(map(repr, (named or [cell for cell in first if cell])[:_SHOWN]))
        return votes, f"{shown} are unlike the values below"
    shown = ", ".join(map(repr, (same or [cell for cell in first if cell])[:_SHOWN]))
    return votes, f"{shown} are like the values below"


def _more_rows(rows: Sequence[Row], kinds: KindCache) -> int:
    """How many rows the header takes: those that hold words where two columns or more hold none."""
    count = 1
    while count < _MOST_ROWS and len(rows) - count > (1 if is_units(rows[count]) else _ENOUGH):
        typed = typed_columns(rows[count + 1 : _BODY], kinds)
        cells = [rows[count][position] for position in typed]
        is_plain = len(typed) < 2 or any(kinds[cell] in TYPED or is_null_word(cell) for cell in cells)
        if is_plain and not is_units(rows[count]):
            break
        count += 1
    return count
