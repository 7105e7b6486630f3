"""Delimited text: which delimiter, which names, and then records for the codec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loadstone.codec.delimited import DelimitedEncoder
from loadstone.codec.sampling import split_record, split_records
from loadstone.core.sniffing.header import joined_names
from loadstone.core.sniffing.rulings import is_ruling
from loadstone.errors import FormatError
from loadstone.model.load import Layout
from loadstone.readers.blocks import Blocks, count_lines, joined
from loadstone.readers.excerpts import SEARCHED
from loadstone.readers.intake import Intake
from loadstone.readers.looking import look_at, noted
from loadstone.readers.naming import named_format
from loadstone.readers.opened import SAMPLE_RECORDS, OpenedFile
from loadstone.readers.pieces import (
    Pieces,
    fitting_rows,
    look_further,
    rows_with_values,
    with_footer,
    with_pieces,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadstone.model.batch import Chunk
    from loadstone.model.contract import LoadPlan
    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format

__all__ = ["DelimitedFile"]

_NAMES_SHOWN = 5
_SEPARATOR_LINE = re.compile(rb'"?sep=([\t -~])"?(?:\r\n|\n|\r)', re.IGNORECASE)
_NAME_SHOWN = 40


class DelimitedFile(OpenedFile):
    """A delimited file whose names are known: see `ports.OpenFile`."""

    _intake: Intake

    def __init__(self, intake: Intake, blocks: Blocks, version: ObjectVersion, file_format: Format) -> None:
        self._intake = intake
        self._blocks = blocks
        self._format = file_format
        self._where = version.uri
        self._size = version.size
        self._sampled = 0
        self._unnamed: tuple[int, ...] = ()
        self._line = 1
        self._offset = intake.text_offset
        if blocks.is_at_end and not bytes(blocks.head).strip(b"\r\n\t "):
            raise FormatError(
                "the file is empty", where=self._where, hint="a file needs at least a header line"
            )
        if file_format.skip_lines:
            self._skip_lines(file_format.skip_lines)
        named = self._named_delimiter() if file_format.skip_lines is None else None
        looked_at = self._offset
        self._look = look_at(
            blocks.head,
            file_format,
            named=named or ("\t" if named_format(version.key)[1] in {"tsv", "tab"} else None),
            is_at_end=blocks.is_at_end,
            line=self._line,
            where=self._where,
        )
        if self._look.end is not None:
            blocks.cut(self._look.end)
        self._take(self._look.start)
        names = self._read_names()
        sample, is_complete = self._sample(len(names), looked_at)
        self.layout = Layout(
            names,
            self._dialect(names),
            sample,
            is_complete,
            notes=self._notes(),
            further=None if is_complete else self._further,
        )
        if blocks.is_at_end and not is_complete:
            # The end is in memory: what stands below the rows is found whether types are asked for or not.
            pieces = self._cut(self._pieces(only_end=True))
            self.layout = with_footer(self.layout, pieces)

    def chunks(self, plan: LoadPlan) -> Iterator[Chunk]:
        """The records as tuples and rejects, block by block; once."""
        yield from self._blocks.encode(self._encoder(plan, self._line, self._offset))
        self._intake.finish()

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        """Single records under a plan of their own."""
        chunk, _ = self._encoder(plan).feed(joined(records), True)
        return chunk

    def _encoder(self, plan: LoadPlan, line: int = 1, offset: int = 0) -> DelimitedEncoder:
        look, ragged = self._look, self._format.ragged
        return DelimitedEncoder(
            plan,
            delimiter=look.delimiter,
            quote=look.quote,
            escape=look.escape,
            comment=look.comment,
            trailing_delimiter=look.trailing_delimiter,
            pads=ragged in {"pad", "pad_and_truncate"},
            truncates=ragged in {"truncate", "pad_and_truncate"},
            first_line=line,
            first_offset=offset,
            max_record_bytes=self._format.max_record_bytes,
        )

    def _skip_lines(self, lines: int) -> None:
        """Leaves out lines that stand above the header."""
        text = bytes(self._blocks.head)
        size = 0
        for line in range(1, lines + 1):
            size += _line_end(text, size)
            if size == len(text):
                raise FormatError(
                    f"the file's head ends at line {line:,}, and skip_lines is {lines:,}",
                    where=self._where,
                    hint="give `format: {skip_lines: N}` the number of lines above the header",
                )
        self._take(size)

    def _named_delimiter(self) -> str | None:
        """What a first line that Excel understands says, such as `sep=;`; the line is taken."""
        match = _SEPARATOR_LINE.match(bytes(self._blocks.head[:16]))
        if match is None:
            return None
        self._take(match.end())
        return match[1].decode()

    def _take(self, size: int) -> None:
        self._line += count_lines(self._blocks.head[:size])
        self._offset += size
        self._blocks.skip(size)

    def _read_names(self) -> tuple[str, ...]:
        """The columns' names: configured, from the header, or numbered."""
        if isinstance(self._format.header, tuple):
            return self._checked(self._format.header, "format: header")
        self._take_blank()
        if self._look.names:
            return self._checked(self._look.names, "the comment above the rows")
        if not self._look.header_rows:
            width = self._look.width if self._look.width > 1 else len(self._first_record()[0])
            return tuple(f"column_{i}" for i in range(1, width + 1))
        line, rows = self._line, []
        for _ in range(self._look.header_rows):
            cells, consumed = self._first_record()
            self._take(consumed)
            self._take_blank()
            if not is_ruling(cells):
                rows.append(self._without_trailing(cells))
        widest = max(map(len, rows))
        if self._format.skip_lines is None:
            widest = max(widest, self._look.width)
        names = joined_names([[*row, *[None] * (widest - len(row))] for row in rows])
        return self._checked(self._named(names), f"line {line:,}")

    def _named(self, names: Sequence[str]) -> tuple[str, ...]:
        """Every column under a name: those without one, as an index is written, under their number."""
        if any(names):
            self._unnamed = tuple(i for i, name in enumerate(names, 1) if not name)
        return tuple(f"column_{i}" if i in self._unnamed else name for i, name in enumerate(names, 1))

    def _without_trailing(self, cells: list[str | None]) -> list[str | None]:
        """The header's cells without an empty one too many."""
        width = self._look.width
        if len(cells) == width + 1 and None in cells and width > 1:
            filled: list[str | None] = [cell for cell in cells if cell is not None]
            return cells[:-1] if cells[-1] is None else filled if len(filled) == width else cells
        return cells

    def _take_blank(self) -> None:
        """Leaves out blank lines and comments."""
        while True:
            text = bytes(self._blocks.head[:4096])
            size = _blank(text)
            if not size and self._look.comment and text[:1] == self._look.comment:
                size = _line_end(bytes(self._blocks.head))
            if not size:
                return
            self._take(size)

    def _first_record(self) -> tuple[list[str | None], int]:
        while True:
            head = bytes(self._blocks.head)
            try:
                cells, consumed = self._split(head)
            except UnicodeDecodeError as error:
                place = f"byte {error.start + 1:,} of line {self._line:,}"
                raise FormatError(
                    f"the header is not {self._intake.encoding.name}: {place}",
                    where=self._where,
                    hint="give `format: {encoding: ...}`: cp1250, cp1251, cp1252, cp932, gb18030 and others",
                ) from None
            if consumed or not self._blocks.extend():
                break
        if not consumed and not self._blocks.is_at_end:
            raise FormatError(
                f"the header that begins on line {self._line:,} has no end in {len(head):,} bytes",
                where=self._where,
                hint="is this delimited text? a quote that never closes also looks like this",
            )
        return cells, consumed

    def _split(self, text: bytes | memoryview) -> tuple[list[str | None], int]:
        """The first record; 0 bytes where its end is not in the text."""
        look = self._look
        return split_record(text, look.delimiter, look.quote, look.escape, final=self._blocks.is_at_end)

    def _checked(self, names: tuple[str, ...], place: str) -> tuple[str, ...]:
        hint = "name the columns yourself: `format: {header: [first, second, ...]}`, with skip_lines: 1 "
        hint += "where the file has a header line"
        where = f"{self._where} {place}"
        if empty := [i for i, name in enumerate(names, 1) if not name]:
            some = ", ".join(f"{i:,}" for i in empty[:_NAMES_SHOWN])
            raise FormatError(f"the header names no column at position {some}", where=where, hint=hint)
        if twice := sorted({name for name in names if names.count(name) > 1}):
            some = ", ".join(_shown(name) for name in twice[:_NAMES_SHOWN])
            raise FormatError(f"the header names {some} more than once", where=where, hint=hint)
        if unprintable := [name for name in names if "\x00" in name]:
            raise FormatError(
                f"the header's {_shown(unprintable[0])} holds a NUL character",
                where=where,
                hint="is it text at all? For UTF-16 without a byte order mark, set format: "
                "{encoding: utf-16-le} (or utf-16-be)",
            )
        return names

    def _sample(self, width: int, looked_at: int) -> tuple[tuple[tuple[str | None, ...], ...], bool]:
        """Up to `SAMPLE_RECORDS` records of the head that have the right number of cells.

        The head was looked at when it began at the offset `looked_at`.
        """
        look = self._look
        if look.records:
            # They were split already, before the header and what stands above it were taken.
            records, size = look.records[:SAMPLE_RECORDS], None
            self._sampled = records[-1].end - (self._offset - looked_at)
        else:
            text = bytes(self._blocks.head)
            size = len(text)
            records = split_records(
                text,
                look.delimiter,
                look.quote,
                look.escape,
                final=self._blocks.is_at_end,
                limit=SAMPLE_RECORDS,
                comment=look.comment,
            )
            self._sampled = records[-1].end if records else 0
        rows = fitting_rows(records, width, has_trailing=look.trailing_delimiter)
        return rows, self._blocks.is_at_end and self._sampled == size

    def _pieces(self, *, only_end: bool = False) -> Pieces:
        return look_further(
            self._blocks,
            self._intake,
            self._look,
            seen=self._sampled,
            offset=self._offset,
            size=self._size,
            width=len(self.layout.names),
            finds_footer=not isinstance(self._format.header, tuple),
            only_end=only_end,
        )

    def _cut(self, pieces: Pieces) -> Pieces:
        """Takes the text as ended where what stands below the rows begins, if anything does."""
        recoded = self._intake.recoded
        if pieces.footer is None:
            return pieces
        if recoded is None or self._blocks.is_at_end:
            self._blocks.cut(pieces.footer)
        elif not recoded.cut(pieces.tail, self._size):
            return pieces._replace(footer=None, footer_lines=())
        return pieces

    def _further(self) -> Layout:
        """The layout with what the rest of the file shows, or pieces of it; what is below the rows is cut."""
        first, width = self.layout, len(self.layout.names)
        pieces = self._cut(self._pieces())
        found = (*first.sample, *pieces.middle, *pieces.end)
        empty = {i for i in range(width) if not any(row[i] for row in found)}
        rest: tuple[tuple[str | None, ...], ...] = ()
        if empty and not pieces.is_complete and self._size <= SEARCHED:
            rest = rows_with_values(self._blocks, self._look, width, empty)
        self.layout = with_pieces(first, pieces, rest)
        return self.layout

    def _dialect(self, names: tuple[str, ...]) -> dict[str, object]:
        look, decided = self._look, noted(self._look.decided)
        if self._intake.encoding.is_decided:
            decided["encoding"] = self._intake.encoding.decision.noted
        above = look.decided.get("skip_lines")
        dialect: dict[str, object] = {
            "format": "csv",
            "delimiter": look.delimiter.decode(),
            "quote": look.quote.decode() if look.quote else None,
            "escape": look.escape.decode() if look.escape else None,
            "encoding": self._intake.encoding.name,
            "byte_order_mark": bool(self._intake.encoding.mark),
            "compression": self._intake.compression,
            "header": look.header_rows > 0 or bool(look.names),
            "skip_lines": above.value if above else self._format.skip_lines or 0,
            "decided": decided,
        }
        if look.comment:
            dialect["comment"] = look.comment.decode()
        if look.trailing_delimiter:
            dialect["trailing_delimiter"] = True
        if self._format.ragged != "reject":
            dialect["ragged"] = self._format.ragged
        if look.numbers:
            dialect["numbers"] = {
                names[position]: {"decimal": decimal, "thousands": thousands}
                for position, (decimal, thousands) in look.numbers.items()
                if position < len(names)
            }
        return dialect

    def _notes(self) -> tuple[str, ...]:
        encoding = self._intake.encoding
        is_guess = encoding.is_decided and encoding.name in {"cp1252", "latin-1"}
        notes = [encoding.decision.evidence] if is_guess else []
        if self._unnamed:
            some = ", ".join(f"column_{i}" for i in self._unnamed[:_NAMES_SHOWN])
            count = len(self._unnamed)
            what = "a column" if count == 1 else f"{count:,} columns"
            notes.append(
                f"the header gives no name to {what}: loaded as {some}" + ", ..." * (count > _NAMES_SHOWN)
            )
        return (*notes, *self._look.notes)


def _blank(text: bytes) -> int:
    """How many bytes of blank lines a text begins with."""
    return len(text) - len(text.lstrip(b"\r\n"))


def _line_end(text: bytes, start: int = 0) -> int:
    """The length of the physical line at `start` with its ending; of all the rest where it has none."""
    ends = [position for position in (text.find(b"\n", start), text.find(b"\r", start)) if position >= 0]
    if not ends:
        return len(text) - start
    end = min(ends) - start
    return end + 2 if text[start + end : start + end + 2] == b"\r\n" else end + 1


def _shown(name: str) -> str:
    """A name for a message: what is no text has long ones."""
    return repr(name if len(name) <= _NAME_SHOWN else name[:_NAME_SHOWN] + "...")
