"""What was decided about a workbook, how surely, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadstone.core.sniffing.decision import Decision
from loadstone.core.sniffing.footer import is_below_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadstone.model.pipeline import Format
    from loadstone.readers.sheet_header import SheetRow, Table
    from loadstone.readers.workbook_parts import Sheet, Workbook

__all__ = ["decisions", "notices"]

_SHOWN = 5
_KINDS = {
    "xlsx": "the file is a zip archive with the parts of a workbook",
    "xlsb": "the file is a zip archive with the binary parts of a workbook",
    "ods": "the file is a zip archive with an OpenDocument content",
    "xls": "the file is a compound document, as Excel wrote them up to 2003",
}


def decisions(
    kind: str, file_format: Format, workbook: Workbook, sheet: Sheet, table: Table
) -> dict[str, Decision]:
    """What the configuration left open, by name, as it was found in the workbook."""
    decided = {"format": Decision(kind, 1.0, _KINDS[kind])}
    if file_format.sheet is None:
        decided["sheet"] = _sheet(workbook, sheet)
    if kind == "xlsx":
        # What reads the other kinds turns dates into text on its own.
        why = "the workbook says so" if workbook.is_1904 else "the workbook does not say 1904"
        decided["date_system"] = Decision(1904 if workbook.is_1904 else 1900, 1.0, why)
    if table.header is not None:
        decided["header_row" if table.header_row else "header"] = table.header
        if table.preamble:
            why = f"filled rows above the header: {_listed(table.preamble)}"
            decided["skipped_rows"] = Decision(len(table.preamble), table.header.confidence, why)
    if table.unnamed:
        why = "the header has no name for them, but there are values: each is named by its place"
        decided["unnamed_columns"] = Decision(list(table.unnamed), 0.9, why)
    return decided


def notices(
    workbook: Workbook, sheet: Sheet, table: Table, rows: Sequence[SheetRow], file_format: Format
) -> Iterator[str]:
    """What a person should know of, from the sheet's first rows as well."""
    others = [repr(other.name) for other in workbook.sheets if other is not sheet and other.is_visible]
    if file_format.sheet is None and others:
        yield (
            f"the sheet {sheet.name!r} is loaded, the first of {1 + len(others):,}; "
            f"`format: {{sheet: NAME}}` takes {_listed(others)}"
        )
    if table.header is not None and not table.header_row:
        yield f"there is no header: {table.header.evidence}"
    if table.unnamed:
        yield f"the header gives no name to columns with values: loaded as {_listed(table.unnamed)}"
    yield from _below(table, rows)


def _below(table: Table, rows: Sequence[SheetRow]) -> Iterator[str]:
    """The last row, where it looks like something else: a sheet is read as it streams, and not cut."""
    number, cells = rows[-1]
    shown = [cells[c][0].decode("utf-8", "replace") if c in cells else None for c in table.columns]
    if number > table.first_row and len(shown) > 1 and is_below_rows(shown):
        first = next(cell for cell in shown if cell)
        yield f"row {number:,} looks like a total or a remark, and is loaded as the others are: {first!r}"


def _sheet(workbook: Workbook, sheet: Sheet) -> Decision:
    others = [other for other in workbook.sheets if other is not sheet]
    if not others:
        return Decision(sheet.name, 1.0, "the only sheet")
    if not sheet.is_visible:
        return Decision(
            sheet.name, 0.5, f"the first of {len(workbook.sheets):,} sheets, all of which are hidden"
        )
    names = _listed([repr(other.name) for other in others])
    if any(other.is_visible for other in others):
        return Decision(sheet.name, 0.6, f"the first sheet that is visible; there are {names}, too")
    return Decision(sheet.name, 0.9, f"the only sheet that is visible; {names} is hidden")


def _listed(items: Sequence[object]) -> str:
    some = ", ".join(f"{item:,}" if isinstance(item, int) else str(item) for item in items[:_SHOWN])
    return some + (", ..." if len(items) > _SHOWN else "")
