"""Mended rows as delimited text: `_row,_line,_reason` before the file's own columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from loadstone.core.mended_record import PREFIX, MendedRecord
from loadstone.core.sniffing.decision import WHITE_SPACE
from loadstone.errors import FormatError
from loadstone.model.batch import Reject

__all__ = ["Dialect", "read_csv", "write_csv"]

_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are told apart; quote and escape are empty where there are none.

    With `is_run` any run of blanks and tabs does, and the delimiter is the blank that is written.
    """

    delimiter: bytes = b","
    quote: bytes = b'"'
    escape: bytes = b""
    is_run: bool = False

    @classmethod
    def of(cls, noted: Mapping[str, Any]) -> Self:
        """From the dialect that the ledger has of a load."""
        delimiter = noted.get("delimiter") or ","
        is_run = delimiter == WHITE_SPACE
        return cls(
            b" " if is_run else delimiter.encode(),
            (noted.get("quote", '"') or "").encode(),
            (noted.get("escape") or "").encode(),
            is_run,
        )

    @property
    def separator(self) -> re.Pattern[bytes]:
        """What stands between cells."""
        return re.compile(rb"[ \t]+" if self.is_run else re.escape(self.delimiter))

    def cell(self, text: str) -> bytes:
        """A text as one cell, on one line."""
        encoded = _LINE_END.sub(b" ", text.encode("utf-8", "replace"))
        if self.escape:
            encoded = encoded.replace(self.escape, self.escape * 2)
        if not self.quote:
            return encoded.replace(self.delimiter, b" ")
        return self.quote + encoded.replace(self.quote, self.quote * 2) + self.quote


def write_csv(rejects: Iterable[Reject], dialect: Dialect, names: Sequence[str]) -> Iterator[bytes]:
    """The header, then a record for each reject."""
    own = [dialect.cell(name) if _needs_quotes(name, dialect) else name.encode() for name in names]
    yield dialect.delimiter.join([*(name.encode() for name in PREFIX), *own]) + b"\n"
    for reject in rejects:
        place = [
            str(reject.row_number).encode(),
            str(reject.line_number).encode(),
            dialect.cell(_reason(reject)),
        ]
        yield dialect.delimiter.join([*place, reject.raw.rstrip(b"\r\n")]) + b"\n"


def read_csv(text: bytes, dialect: Dialect, where: str) -> tuple[tuple[str, ...], Iterator[MendedRecord]]:
    """The names of the file's own columns, and its records."""
    scanner = _Scanner(text, dialect)
    end, following = scanner.record(0)
    header = [scanner.value(span).decode("utf-8", "replace").strip() for span in scanner.cells(0, end)]
    if tuple(header[: len(PREFIX)]) != PREFIX:
        shown = dialect.delimiter.decode()
        raise FormatError(
            f"the first line does not begin with {shown.join(PREFIX)}",
            where=where,
            hint=f"mend what `loadstone rejects LOAD --format csv` wrote, and keep {shown!r} between cells",
        )
    return tuple(header[len(PREFIX) :]), _records(scanner, following, where)


def _records(scanner: _Scanner, start: int, where: str) -> Iterator[MendedRecord]:
    while start < len(scanner.text):
        blank_end, following = scanner.record(start)
        if not scanner.text[start:blank_end].strip():
            start = following
            continue
        begin = start
        prefix = []
        for _ in PREFIX:
            span = scanner.cell(begin)
            prefix.append(scanner.value(span) if span else b"")
            begin = scanner.behind(span[1]) if span else len(scanner.text)
        end, following = scanner.record(begin)
        line = scanner.text.count(b"\n", 0, start) + 1
        row_number, line_number = (_number(cell, where, line) for cell in prefix[:2])
        yield MendedRecord(row_number, line_number, scanner.text[begin:end])
        start = following


def _number(cell: bytes, where: str, line: int) -> int:
    try:
        return int(cell)
    except ValueError:
        shown = cell[:40].decode("utf-8", "replace")
        raise FormatError(
            f"line {line:,} does not begin with the numbers of a row and a line but with {shown!r}",
            where=where,
            hint="leave the columns _row and _line as they are",
        ) from None


def _reason(reject: Reject) -> str:
    return f"{reject.column}: {reject.reason}" if reject.column else reject.reason


def _needs_quotes(name: str, dialect: Dialect) -> bool:
    special = (dialect.delimiter + dialect.quote + dialect.escape).decode() + "\r\n"
    return name != name.strip() or any(char in special for char in name)


class _Scanner:
    """Finds where cells and records end, as the codec does."""

    def __init__(self, text: bytes, dialect: Dialect) -> None:
        self.text = text
        self._dialect = dialect
        self._separator = dialect.separator
        self._stop = re.compile(self._separator.pattern + rb"|[\r\n]")
        quote, escape = re.escape(dialect.quote), re.escape(dialect.escape)
        inside = (
            rb"(?:[^"
            + quote
            + escape
            + rb"]|"
            + quote * 2
            + (rb"|" + escape + rb"." if escape else b"")
            + rb")*"
        )
        self._quoted = re.compile(quote + inside + quote, re.DOTALL) if quote else None

    def cell(self, start: int) -> tuple[int, int] | None:
        """From where to where a cell reaches; None where its quotes are broken."""
        if self._quoted and self.text.startswith(self._dialect.quote, start):
            match = self._quoted.match(self.text, start)
            if match is None or not self._ends(match.end()):
                return None
            return start, match.end()
        position = start
        while (stop := self._stop.search(self.text, position)) is not None:
            if not self._is_escaped(start, stop.start()):
                return start, stop.start()
            position = stop.start() + 1
        return start, len(self.text)

    def behind(self, position: int) -> int:
        """Where the cell after the delimiter at `position` begins."""
        found = self._separator.match(self.text, position)
        return found.end() if found else position + 1

    def cells(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The cells of a record."""
        while start <= end:
            span = self.cell(start) or (start, end)
            yield span
            start = self.behind(span[1])

    def record(self, start: int) -> tuple[int, int]:
        """Where the record that begins here ends, and the next begins; broken quotes end with the line."""
        position = start
        while (span := self.cell(position)) is not None:
            if self._separator.match(self.text, span[1]) is None:
                match = _LINE_END.match(self.text, span[1])
                return span[1], match.end() if match else len(self.text)
            position = self.behind(span[1])
        match = _LINE_END.search(self.text, start)
        return (match.start(), match.end()) if match else (len(self.text), len(self.text))

    def value(self, span: tuple[int, int]) -> bytes:
        """What a cell says."""
        cell, quote = self.text[span[0] : span[1]], self._dialect.quote
        if quote and cell.startswith(quote):
            return cell[1:-1].replace(quote * 2, quote)
        return cell

    def _ends(self, position: int) -> bool:
        return position == len(self.text) or self._stop.match(self.text, position) is not None

    def _is_escaped(self, start: int, position: int) -> bool:
        escape = self._dialect.escape
        if not escape:
            return False
        before = self.text[start:position]
        return (len(before) - len(before.rstrip(escape))) % 2 == 1
