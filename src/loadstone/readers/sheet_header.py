"""Where the table of a sheet begins: its header, what stands above it, and which columns it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadstone.codec.sheetrows import IS_TEXT
from loadstone.core.sniffing.decision import Decision
from loadstone.core.sniffing.header_forms import are_years_above, numbered_names, typed_columns
from loadstone.core.sniffing.kinds import KindCache, is_null_word
from loadstone.errors import FormatError

__all__ = ["SheetRow", "Table", "find_table"]

#: By column from 0, the text and the form of a row's filled cells.
Cells = Mapping[int, tuple[bytes, int]]
#: A row's number in the sheet, and its cells.
SheetRow = tuple[int, Cells]

#: Rows in which a header may be, and rows below that tell how wide the table is.
_HEADER_ROWS = 100
_ROWS_BELOW = 200
_NAMES_SHOWN = 5
_HINT = (
    "name the columns yourself: `format: {header: [first, second, ...]}`, with skip_lines for the rows above"
)


@dataclass(frozen=True, slots=True)
class Table:
    """The table of a sheet.

    Attributes:
        names: of its columns, in order.
        columns: where they are in the sheet, from 0.
        header_row: the number of the row with the names; 0 where there is none.
        first_row: the number of the first row that is a record.
        preamble: the numbers of filled rows above the header that were left out.
        header: the header's row and why it is that one, where it was looked for rather than told.
        unnamed: names that were made for columns without one.
    """

    names: tuple[str, ...]
    columns: tuple[int, ...]
    header_row: int
    first_row: int
    preamble: tuple[int, ...] = ()
    header: Decision | None = None
    unnamed: tuple[str, ...] = ()


def find_table(
    rows: Sequence[SheetRow], header: bool | Sequence[str] | None, skip_lines: int | None, where: str
) -> Table:
    """The table that the sheet's first filled rows show.

    Args:
        rows: these rows.
        header: as configured: whether there is a header, or the columns' names; None: it is to be found.
        skip_lines: rows of the sheet above the header; None: they are to be found.
        where: of the sheet, for messages.

    Raises:
        FormatError: there is no table, or its header cannot be used.
    """
    below = [row for row in rows if row[0] > (skip_lines or 0)]
    if not below:
        raise FormatError(
            "the sheet is empty" if not rows else f"the sheet is empty below row {skip_lines:,}",
            where=where,
            hint="another sheet is chosen by `format: {sheet: NAME}`",
        )
    if header is not None and not isinstance(header, bool):
        first = min(below[0][1])
        columns = tuple(range(first, first + len(header)))
        return Table(_checked(tuple(header), where), columns, 0, below[0][0])
    if header is False:
        return _unnamed(below)
    position, found = _header_position(below) if skip_lines is None else (0, None)
    number, cells = below[position]
    if header is None and skip_lines is None and (why := _why_a_record(cells, below[position + 1 :])):
        decision = Decision(False, 0.7, why)
        return _unnamed(below[position:], _numbers(below[:position]), decision)
    return _named(number, cells, below[position + 1 :], _numbers(below[:position]), found, where)


def _unnamed(
    rows: Sequence[SheetRow], preamble: tuple[int, ...] = (), header: Decision | None = None
) -> Table:
    """A table whose first row is a record: its columns have numbers."""
    columns = _columns(rows)
    names = tuple(f"column_{i}" for i in range(1, len(columns) + 1))
    return Table(names, columns, 0, rows[0][0], preamble, header)


def _why_a_record(cells: Cells, below: Sequence[SheetRow]) -> str:
    """Why a row is a record like those below it rather than their header; empty where it may be one."""
    columns = sorted(cells)
    first = [cells[c][0].decode("utf-8", "replace") for c in columns]
    body = [
        [cell[0].decode("utf-8", "replace") if (cell := row.get(c)) else None for c in columns]
        for _, row in below[:_ROWS_BELOW]
    ]
    kinds = KindCache()
    if not body or numbered_names(first, body, kinds) is not None:
        return ""
    typed = typed_columns(body, kinds)
    places = [
        i
        for i, column in enumerate(columns)
        if i in typed and not cells[column][1] & IS_TEXT and kinds[first[i]] == typed[i]
    ]
    named = sum(bool(cells[columns[i]][1] & IS_TEXT) and not is_null_word(first[i]) for i in typed)
    if len(places) <= named or are_years_above(first, body, places):
        return ""
    same = ", ".join(repr(first[i]) for i in places[:_NAMES_SHOWN])
    return f"{same} in its first row are like the values below"


def _named(
    number: int,
    cells: Cells,
    below: Sequence[SheetRow],
    preamble: tuple[int, ...],
    header: Decision | None,
    where: str,
) -> Table:
    found = {column: " ".join(text.decode("utf-8", "replace").split()) for column, (text, _) in cells.items()}
    named = {column: name for column, name in found.items() if name}
    if not named:
        raise FormatError(f"the header in row {number:,} names no column", where=where, hint=_HINT)
    counts = Counter(column for _, row in below for column in row)
    filled = set(counts)
    # An index has no name above it.
    index = min((c for c in counts if 2 * counts[c] >= len(below)), default=min(named))
    first, last = min(index, *named), max(named)
    # A column without a name is one of the table where something stands in it between those with names.
    columns = tuple(c for c in range(first, last + 1) if c in named or c in filled)
    made = {c: f"column_{i}" for i, c in enumerate(columns, 1) if c not in named}
    names = tuple(named.get(c) or made[c] for c in columns)
    return Table(
        _checked(names, f"{where} row {number:,}"),
        columns,
        number,
        number + 1,
        preamble,
        header,
        tuple(made.values()),
    )


def _header_position(rows: Sequence[SheetRow]) -> tuple[int, Decision]:
    """Which row is the header: the first of mostly text that is as wide as the table.

    Where no row of text is that wide (years as names, or no header at all), the first row that is.
    """
    widest = None
    for position, (number, cells) in enumerate(rows[:_HEADER_ROWS]):
        below = [row for _, row in rows[position + 1 : position + 1 + _ROWS_BELOW]]
        if not _is_as_wide(cells, below):
            continue
        if sum(1 for _, form in cells.values() if form & IS_TEXT) * 2 > len(cells):
            return position, _text_header(number, cells, below)
        if widest is None:
            widest = position
    if widest is None:
        why = "no row is as wide as those below it: the first one is taken"
        return 0, Decision(rows[0][0], 0.4, why)
    why = "the first row that is as wide as those below it; none of them is mostly text"
    return widest, Decision(rows[widest][0], 0.5, why)


def _text_header(number: int, cells: Cells, below: Sequence[Cells]) -> Decision:
    why = "the first row of mostly text that is as wide as those below it"
    if any(not form & IS_TEXT for row in below for column, (_, form) in row.items() if column in cells):
        return Decision(number, 0.95, f"{why}, which hold other values than text")
    return Decision(number, 0.7, f"{why}, which are text, too" if below else f"{why}: there is none")


def _is_as_wide(cells: Cells, below: Sequence[Cells]) -> bool:
    """Whether a row may name the columns of the rows below.

    It is filled where half of them are, but for the leftmost column, which may be an index without a name;
    and as many of its cells are as nine of ten rows fill.
    """
    if not below:
        return True
    filled = Counter(column for row in below for column in row)
    usual = {column for column, count in filled.items() if 2 * count >= len(below)}
    missing = usual - cells.keys()
    if missing and missing != {min(usual)}:
        return False
    sizes = sorted(len(row) for row in below)
    return len(cells) + len(missing) >= sizes[9 * (len(sizes) - 1) // 10]


def _columns(rows: Sequence[SheetRow]) -> tuple[int, ...]:
    filled = {column for _, cells in rows for column in cells}
    return tuple(range(min(filled), max(filled) + 1))


def _numbers(rows: Sequence[SheetRow]) -> tuple[int, ...]:
    return tuple(number for number, _ in rows)


def _checked(names: tuple[str, ...], where: str) -> tuple[str, ...]:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        some = ", ".join(repr(name) for name in twice[:_NAMES_SHOWN])
        raise FormatError(f"the header names {some} more than once", where=where, hint=_HINT)
    return names
