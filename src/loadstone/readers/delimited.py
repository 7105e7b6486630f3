"""Delimited text: which delimiter, which names, and then records for the codec."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from loadstone.codec.delimited import DelimitedEncoder, split_record
from loadstone.errors import ConfigurationError, FormatError
from loadstone.model.load import Layout
from loadstone.readers.blocks import Blocks, count_lines, joined
from loadstone.readers.intake import Intake
from loadstone.readers.naming import named_format

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadstone.model.batch import Chunk
    from loadstone.model.contract import LoadPlan
    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream

__all__ = ["SAMPLE_RECORDS", "DelimitedFile", "DelimitedReader"]

#: Records looked at to tell the columns' types.
SAMPLE_RECORDS = 1000

#: What may separate cells where nothing is configured, the likeliest first.
_DELIMITERS = (b",", b";", b"\t", b"|")
_NAMES_SHOWN = 5
_NAME_SHOWN = 40


class DelimitedReader:
    """Reads CSV and its kin."""

    @contextmanager
    def open(
        self, stream: ByteStream, version: ObjectVersion, file_format: Format
    ) -> Iterator[DelimitedFile]:
        """Decides delimiter and names from the head of the file.

        Raises:
            FormatError: the file is empty, or its header cannot be used.
        """
        intake = Intake(stream, file_format)
        try:
            blocks = Blocks(intake, file_format.max_record_bytes)
            yield DelimitedFile(intake, blocks, version, file_format)
        finally:
            intake.close()


class DelimitedFile:
    """A delimited file whose names are known: see `ports.OpenFile`."""

    def __init__(self, intake: Intake, blocks: Blocks, version: ObjectVersion, file_format: Format) -> None:
        self._intake = intake
        self._blocks = blocks
        self._format = file_format
        self._where = version.uri
        self._decided = ["encoding"] if intake.encoding.is_decided else []
        self._line = 1
        self._offset = intake.text_offset
        if not bytes(blocks.head).strip(b"\r\n\t ") and blocks.is_at_end:
            raise FormatError(
                "the file is empty", where=self._where, hint="a file needs at least a header line"
            )
        self._skip_lines(file_format.skip_lines)
        self._quote = file_format.quote if file_format.quote is not None else '"'
        self._delimiter = self._find_delimiter(named_format(version.key)[1])
        names = self._read_names()
        sample, is_complete = self._sample(len(names))
        self.layout = Layout(names, self._dialect(), sample, is_complete)

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the source so far."""
        return self._intake.bytes_read

    @property
    def sha256(self) -> str:
        """Of the bytes as stored."""
        return self._intake.sha256

    def chunks(self, plan: LoadPlan) -> Iterator[Chunk]:
        """The records as tuples and rejects, block by block; once."""
        yield from self._blocks.encode(self._encoder(plan, self._line, self._offset))
        self._intake.finish()

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        """Single records under a plan of their own."""
        chunk, _ = self._encoder(plan).feed(joined(records), True)
        return chunk

    def _encoder(self, plan: LoadPlan, line: int = 1, offset: int = 0) -> DelimitedEncoder:
        return DelimitedEncoder(
            plan,
            delimiter=self._delimiter,
            quote=self._quote_byte,
            escape=self._escape_byte,
            first_line=line,
            first_offset=offset,
            max_record_bytes=self._format.max_record_bytes,
        )

    @property
    def _quote_byte(self) -> bytes | None:
        return self._quote.encode() or None

    @property
    def _escape_byte(self) -> bytes | None:
        return self._format.escape.encode() if self._format.escape else None

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

    def _take(self, size: int) -> None:
        self._line += count_lines(self._blocks.head[:size])
        self._offset += size
        self._blocks.skip(size)

    def _find_delimiter(self, ending: str) -> bytes:
        configured = self._format.delimiter
        for name, value in (
            ("delimiter", configured),
            ("quote", self._quote),
            ("escape", self._format.escape),
        ):
            if value and len(value.encode()) != 1:
                raise ConfigurationError(
                    f"format: {name} {value!r} is not an ASCII character",
                    hint="recode the file with a delimiter such as a comma, a semicolon or a tab",
                )
        if configured is not None:
            return configured.encode()
        self._decided.append("delimiter")
        if ending in {"tsv", "tab"}:
            return b"\t"
        header = bytes(self._blocks.head).lstrip(b"\r\n")
        return _likeliest(header[: _line_end(header)], self._quote.encode())

    def _read_names(self) -> tuple[str, ...]:
        """The columns' names: configured, from the header, or numbered."""
        header = self._format.header
        if isinstance(header, tuple):
            return self._checked(header, "format: header")
        self._take(_blank(bytes(self._blocks.head)))
        cells, consumed = self._first_record()
        if header is False:
            return tuple(f"column_{i}" for i in range(1, len(cells) + 1))
        line = self._line
        self._take(consumed)
        return self._checked(tuple((cell or "").strip() for cell in cells), f"line {line:,}")

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
                    hint="give `format: {encoding: ...}`: latin-1, cp1252, utf-16",
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
        final = self._blocks.is_at_end
        return split_record(text, self._delimiter, self._quote_byte, self._escape_byte, final=final)

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

    def _sample(self, width: int) -> tuple[tuple[tuple[str | None, ...], ...], bool]:
        """Up to `SAMPLE_RECORDS` records of the head that have the right number of cells."""
        text = self._blocks.head
        rows: list[tuple[str | None, ...]] = []
        position = 0
        while len(rows) < SAMPLE_RECORDS:
            position += _blank(bytes(text[position : position + 4096]))
            if position >= len(text):
                return tuple(rows), self._blocks.is_at_end
            try:
                cells, consumed = self._split(text[position:])
            except UnicodeDecodeError:
                break
            if not consumed:
                break
            position += consumed
            if len(cells) == width:
                rows.append(tuple(cells))
        return tuple(rows), False

    def _dialect(self) -> dict[str, object]:
        return {
            "format": "csv",
            "delimiter": self._delimiter.decode(),
            "quote": self._quote or None,
            "escape": self._format.escape,
            "encoding": self._intake.encoding.name,
            "byte_order_mark": bool(self._intake.encoding.mark),
            "compression": self._intake.compression,
            "header": self._format.header is True,
            "skip_lines": self._format.skip_lines,
            "decided": self._decided,
        }


def _likeliest(header: bytes, quote: bytes) -> bytes:
    """The delimiter that occurs most often outside quotes; the comma where none does."""
    counts = dict.fromkeys(_DELIMITERS, 0)
    parts = header.split(quote)[::2] if quote else [header]
    for part in parts:
        for delimiter in _DELIMITERS:
            counts[delimiter] += part.count(delimiter)
    return max(_DELIMITERS, key=counts.__getitem__)


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
