"""Looks at the head of delimited text and says what was decided about it, and why."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from loadstone.codec.sampling import SampledRecord, split_records
from loadstone.core.sniffing.candidates import COMMON, Told
from loadstone.core.sniffing.decision import WHITE_SPACE, Decision, Dialect, Record, shown
from loadstone.core.sniffing.sniff import Ambiguous, Sniffed, sniff
from loadstone.errors import ConfigurationError, FormatError
from loadstone.readers.blocks import count_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadstone.model.pipeline import Format

__all__ = ["LOOK", "Look", "look_at", "noted", "shown_line"]

#: Bytes of the head that are looked at.
LOOK = 256 * 1024
_SHOWN = 60
_UNSURE = 0.5
_CLEAR_WIDTH = 3
_CLEAR_ROWS = 4


class Look(Struct, frozen=True):
    """What was decided; positions are bytes from the beginning of the text looked at.

    Attributes:
        delimiter: as the codec takes it, as are the next three.
        quote: what a cell may stand within.
        escape: what takes the next character as it is.
        comment: what a line of no meaning begins with.
        trailing_delimiter: whether records may end with a delimiter.
        start: where the header begins, or the first record where there is none.
        end: where the table ends; None where it goes on.
        header_rows: how many records the header takes; 0 where there is none.
        width: cells of a record.
        numbers: position of a column -> its decimal and thousands separators.
        decided: name -> what was decided, and not configured.
        notes: what a person should know of.
        records: those behind the header, if they are as many as are looked at and nothing is left out among
            them: else none.
        names: of the columns, where a comment above the rows gives them.
    """

    delimiter: bytes
    quote: bytes | None
    escape: bytes | None
    comment: bytes | None
    trailing_delimiter: bool
    start: int
    end: int | None
    header_rows: int
    width: int
    numbers: dict[int, tuple[str, str | None]]
    decided: dict[str, Decision]
    notes: tuple[str, ...]
    records: Sequence[Record] = ()
    names: tuple[str, ...] = ()


def look_at(
    head: memoryview, file_format: Format, *, named: str | None, is_at_end: bool, line: int, where: str
) -> Look:
    """Decides what the configuration leaves open.

    Args:
        head: the text from its first line on.
        file_format: the configuration.
        named: the delimiter that the file's name or first line says.
        is_at_end: whether nothing follows the head.
        line: the number of its first line.
        where: the file, for messages.

    Raises:
        ConfigurationError: a configured mark cannot be one.
        FormatError: two delimiters fit equally well.
    """
    text = bytes(head[:LOOK])
    is_complete = is_at_end and len(text) == len(head)
    delimiter = file_format.delimiter if file_format.delimiter is not None else named
    told = Told(delimiter, file_format.quote, file_format.escape)
    _check(told, file_format.comment)

    def split(dialect: Dialect, limit: int) -> list[SampledRecord]:
        marks = (mark.encode() or None for mark in (dialect.quote, dialect.escape))
        return split_records(text, dialect.delimiter.encode(), *marks, final=is_complete, limit=limit)

    header = file_format.header
    try:
        found = sniff(
            text, split, told, is_complete=is_complete, header=None if header is None else header is True
        )
    except Ambiguous as tie:
        first, second = (shown(mark) for mark in tie.delimiters)
        raise FormatError(
            f"the cells could be separated by {first} or by {second}: both make a table of the text",
            where=where,
            hint="say which: `format: {delimiter: ...}`",
        ) from None
    teller = _Teller(found, text, file_format, line)
    if file_format.header is None and file_format.skip_lines is None and teller.has_stray_title:
        raise FormatError(
            "the first line has one cell, the records have more: it could be a title, or a header that fits "
            "no record",
            where=where,
            hint="say which: `format: {skip_lines: 1}` leaves it out; records with the delimiter in a text "
            "that is not quoted take another `delimiter:`",
        )
    return teller.look()


def _check(told: Told, comment: str | None) -> None:
    for name, value in (*told._asdict().items(), ("comment", comment)):
        if value and (not value.isascii() or any(mark in value for mark in "\r\n\0\x7f")):
            raise ConfigurationError(
                f"format: {name} {value!r} is not an ASCII character",
                hint="recode the file with a delimiter such as a comma, a semicolon or a tab",
            )
    marks = [mark for mark in told[1:] if mark]
    delimiter = "" if told.delimiter in {None, WHITE_SPACE} else str(told.delimiter)
    if (len(set(marks)) < len(marks) and told.quote != told.escape) or any(
        mark in delimiter for mark in marks
    ):
        raise ConfigurationError(
            "format: delimiter, quote and escape must differ",
            hint="leave out what is to be decided from the file",
        )


class _Teller:
    """Turns what was found into what the reader needs, with notes."""

    def __init__(self, found: Sniffed, text: bytes, file_format: Format, line: int) -> None:
        self._found = found
        self._text = text
        self._format = file_format
        self._line = line
        self._decided: dict[str, Decision] = {}
        self._notes: list[str] = []

    def look(self) -> Look:
        found, configured = self._found, self._format
        region, dialect = found.region, found.dialect
        self._decide_marks()
        start = self._start()
        has_names = isinstance(configured.header, tuple)
        rows = configured.header_rows or found.header_records
        if configured.header is None and configured.header_rows is None:
            self._decide_header(rows)
        if configured.comment is None and region.has_comments:
            self._decided["comment"] = Decision(
                "#", 0.9, "lines that begin with # have other cells than the records"
            )
        if region.has_trailing:
            self._decided["trailing_delimiter"] = Decision(
                True, 0.9, "the last cell of every record is empty and has no name"
            )
        comment = configured.comment if configured.comment is not None else "#" if region.has_comments else ""
        return Look(
            delimiter=dialect.delimiter.encode(),
            quote=dialect.quote.encode() or None,
            escape=dialect.escape.encode() or None,
            comment=comment.encode() or None,
            trailing_delimiter=region.has_trailing,
            start=start,
            end=None if has_names else self._end(),
            header_rows=0 if has_names else rows,
            names=found.names,
            width=region.width,
            numbers=self._numbers(),
            decided=self._decided,
            notes=tuple(self._notes),
            records=() if has_names or comment else self._records(rows),
        )

    @property
    def has_stray_title(self) -> bool:
        """Whether one line of one cell stands right above rows that show no header of their own."""
        region, records = self._found.region, self._found.records
        if region.start != 1 or region.width == 1 or len(records[0].cells) != 1 or region.has_comments:
            return False
        if self._is_above_a_table:
            return False
        return self._found.header.confidence <= _UNSURE and len(self._found.rows) > 1

    @property
    def _is_above_a_table(self) -> bool:
        """Whether what stands below the first line is a table beyond doubt, and the line no header of it.

        Prose has blanks behind its commas, and not the same number of them on every line.
        """
        found = self._found
        title, *below = (record.cells for record in found.records if record.cells)
        is_even = found.region.width >= _CLEAR_WIDTH and len(below) >= _CLEAR_ROWS
        is_other = any(mark in (title[0] or "") for mark in COMMON)
        padded = any((cell or "")[:1].isspace() for cells in below for cell in cells)
        return is_even and not is_other and not padded and len(found.rows) == len(below)

    def _decide_marks(self) -> None:
        dialect, configured = self._found.dialect, self._format
        if configured.delimiter is None:
            found = self._found.delimiter
            if found.evidence == "configured":
                found = Decision(found.value, 1.0, "the file's name or first line says so")
            self._decided["delimiter"] = found
        if configured.quote is None:
            is_there = bool(dialect.quote) and dialect.quote.encode() in self._text
            evidence = "cells stand within it" if is_there else "nothing speaks against it"
            if not dialect.quote:
                evidence = "with quotes, more records would be broken"
            self._decided["quote"] = Decision(dialect.quote or None, 0.9 if is_there else 0.8, evidence)
        if configured.escape is None and dialect.escape:
            evidence = "without it, quotes or cells do not match up"
            self._decided["escape"] = Decision(dialect.escape, 0.9, evidence)

    def _start(self) -> int:
        """Where the table begins: what stands above it is left out."""
        found = self._found
        if self._format.skip_lines is not None or isinstance(self._format.header, tuple):
            return 0
        if found.region.start >= len(found.records):
            return 0
        start = found.records[found.region.start].start
        lines = [line for line in self._text[:start].splitlines() if line.strip()]
        if not lines:
            return start
        skipped = count_lines(self._text[:start])
        first = shown_line(lines[0])
        evidence = (
            f"{skipped:,} lines above, of which {first!r} is the first, have other cells than the records"
        )
        self._decided["skip_lines"] = Decision(skipped, 0.9, evidence)
        self._notes.append(f"{_lines(skipped)} above the table left out, of which {first!r} is the first")
        if found.region.misfit is not None and found.region.misfit < found.region.start:
            self._note_misfit(found.region.misfit)
        return start

    def _note_misfit(self, position: int) -> None:
        cells = len(self._found.records[position].cells)
        self._notes.append(
            f"line {self._line_of(position):,} looks like a header, but names {cells:,} columns where "
            f"records have {self._found.region.width:,} cells: which name is whose cannot be told, so the "
            "columns are numbered; `format: {header: [...], skip_lines: N}` names them"
        )

    def _decide_header(self, taken: int) -> None:
        header, names = self._found.header, self._found.names
        if names:
            header = Decision(True, 0.9, f"a comment above the rows names {len(names):,} columns")
        self._decided["header"] = header._replace(value=taken > 0 or bool(names))
        if not names:
            self._note_header(header.value)

    def _note_header(self, rows: int) -> None:
        if rows > 1:
            self._decided["header_rows"] = self._found.header
            self._notes.append(f"the header takes {rows:,} records, whose words are joined")
        elif not rows:
            self._notes.append(f"there is no header: {self._found.header.evidence}")

    def _end(self) -> int | None:
        """Where the table ends, with what comes after it."""
        found = self._found
        region, records = found.region, found.records
        if region.end >= len(records):
            return None
        if region.footer:
            lines = [shown_line(self._text[records[i].start : records[i].end]) for i in region.footer]
            evidence = f"below the rows stands {lines[0]!r}"
            self._decided["footer_lines"] = Decision(len(lines), 0.8, evidence)
            self._notes.append(
                f"{_lines(len(lines))} below the rows left out, from line "
                f"{self._line_of(region.footer[0]):,} on: {'; '.join(map(repr, lines))}"
            )
        if region.others:
            tables = [{"line": self._line_of(i), "columns": len(records[i].cells)} for i in region.others]
            begin = self._line_of(region.others[0])
            evidence = f"from line {begin:,} on, records have other cells"
            self._decided["other_tables"] = Decision(tables, 0.8, evidence)
            self._notes.append(
                f"the file holds {1 + len(tables):,} tables: the first is loaded, the next begins on line "
                f"{begin:,}"
            )
        return records[region.end].start

    def _records(self, header_rows: int) -> Sequence[Record]:
        region, records = self._found.region, self._found.records
        is_cut_short = self._found.has_more and region.end == len(records)
        if not is_cut_short:
            return ()
        filled = (i for i in range(region.start, len(records)) if records[i].cells)
        return records[next(islice(filled, header_rows, None), len(records)) :]

    def _numbers(self) -> dict[int, tuple[str, str | None]]:
        """Separators of numbers, as configured, else as found."""
        configured = self._format
        if configured.decimal is not None or configured.thousands is not None:
            told: tuple[str, str | None] = (configured.decimal or ".", configured.thousands)
            return dict.fromkeys(range(self._found.region.width), told)
        styles: dict[int, tuple[str, str | None]] = {}
        for position, style in self._found.styles.items():
            if style.decimal is not None:
                styles[position] = (style.decimal, style.thousands)
            else:
                self._notes.append(
                    f"column {position + 1:,} stays text: {style.evidence!r} could be thousands or a "
                    "fraction; `format: {decimal: ...}` says which"
                )
        if styles:
            position, (decimal, thousands) = next(iter(styles.items()))
            value = self._found.styles[position].evidence
            if decimal == "," == self._found.dialect.delimiter:
                self._notes.append(
                    f"column {position + 1:,} holds {value!r}, read with a decimal comma; if it holds lists, "
                    "`type: text` for the column keeps them"
                )
            self._decided["numbers"] = Decision(
                {"decimal": decimal, "thousands": thousands}, 0.9, f"column {position + 1:,} holds {value!r}"
            )
        return styles

    def _line_of(self, position: int) -> int:
        return self._line + count_lines(self._text[: self._found.records[position].start])


def shown_line(line: bytes) -> str:
    """A line for messages: cut where it is long."""
    text = line.decode("utf-8", "replace").strip()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


def noted(decided: dict[str, Decision]) -> dict[str, Any]:
    """Decisions for the ledger."""
    return {name: decision.noted for name, decision in decided.items()}
