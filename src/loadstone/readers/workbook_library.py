"""Workbooks of other kinds (.xls, .xlsb, .ods), through python-calamine, an extra.

It holds the whole sheet in memory, which is its own affair, and gives errors as empty cells. What it gives is
written as the XML of a sheet, in blocks, so that everything else is as with .xlsx.
"""

from __future__ import annotations

import datetime as dt
from array import array
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from loadstone.errors import FormatError, MissingExtra
from loadstone.readers.workbook_parts import Sheet, Workbook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadstone.ports import ByteStream
    from loadstone.readers.package_intake import PackageIntake

__all__ = ["LibraryPackage", "open_library"]


def open_library(intake: PackageIntake, where: str) -> tuple[Workbook, LibraryPackage]:
    """What the workbook says about itself, and its sheets.

    Raises:
        MissingExtra: the library is not installed.
        FormatError: the library cannot read the file.
    """
    try:
        import python_calamine  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("reading .xls, .xlsb and .ods", "workbook") from None
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(intake.spool.open())
        sheets = tuple(
            Sheet(meta.name, meta.name, meta.visible == python_calamine.SheetVisibleEnum.Visible)
            for meta in book.sheets_metadata
            if meta.typ == python_calamine.SheetTypeEnum.WorkSheet
        )
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _unreadable(where, error) from error
    workbook = Workbook(sheets, is_1904=False, styles=array("i"), strings=None)
    return workbook, LibraryPackage(book, python_calamine.CalamineError, where)


class LibraryPackage:
    """The sheets of a workbook, each as if it were a part of a package."""

    def __init__(self, book: Any, failure: type[Exception], where: str) -> None:
        self._book = book
        self._failure = failure
        self._where = where

    def __contains__(self, name: str) -> bool:
        return name in self._book.sheet_names

    def open(self, name: str) -> ByteStream:
        """A sheet as XML.

        Raises:
            FormatError: the library cannot read it.
        """
        try:
            sheet = self._book.get_sheet_by_name(name)
        except (self._failure, OSError, ValueError) as error:
            raise _unreadable(self._where, error) from error
        return _SheetXml(sheet)


class _SheetXml:
    """The XML of a sheet, made as it is read."""

    def __init__(self, sheet: Any) -> None:
        self._pieces = _pieces(sheet)
        self._pending = bytearray()

    def read(self, size: int, /) -> bytes:
        while len(self._pending) < size and (piece := next(self._pieces, None)) is not None:
            self._pending += piece
        taken = bytes(self._pending[:size])
        del self._pending[:size]
        return taken

    def close(self) -> None:
        self._pieces = iter(())
        self._pending.clear()


def _pieces(sheet: Any) -> Iterator[bytes]:
    yield b"<worksheet><sheetData>"
    # All rows come, empty ones above the table, too.
    for number, row in enumerate(sheet.iter_rows() if sheet.start is not None else (), 1):
        cells = "".join(_cell(value) for value in row)
        yield f'<row r="{number}">{cells}</row>'.encode("utf-8", "surrogatepass")
    yield b"</sheetData></worksheet>"


def _cell(value: object) -> str:
    kind, text = "str", ""
    match value:
        case "" | None:
            return "<c/>"
        case bool():
            kind, text = "b", f"{value:d}"
        case int() | float():
            kind, text = "n", repr(value)
        case dt.datetime():
            kind, text = "d", value.isoformat(" ")
        case dt.date() | dt.time():
            kind, text = "d", value.isoformat()
        case dt.timedelta():
            kind, text = "d", _clock(value)
        case _:
            text = escape(str(value), {"\r": "&#13;"}).replace("_x", "_x005F_x")
    return f'<c t="{kind}"><v>{text}</v></c>'


def _clock(value: dt.timedelta) -> str:
    """Hours, which may be more than 24, minutes and seconds."""
    sign = "-" if value < dt.timedelta(0) else ""
    micros = abs(value) // dt.timedelta(microseconds=1)
    seconds, micros = divmod(micros, 1_000_000)
    fraction = f".{micros:06d}".rstrip("0") if micros else ""
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def _unreadable(where: str, error: Exception) -> FormatError:
    return FormatError(
        f"the workbook cannot be read: {error}",
        where=where,
        hint="open the file in a spreadsheet program and save it as .xlsx",
    )
