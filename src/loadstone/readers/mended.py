"""A file of mended rows, read in place of the object that they come from; layout: `core.mended`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from loadstone.codec.delimited import DelimitedEncoder
from loadstone.core.mended import JSON_FORMATS, read_mended
from loadstone.errors import ObjectMissing
from loadstone.model.batch import Chunk
from loadstone.model.contract import LoadPlan
from loadstone.model.event import ObjectVersion
from loadstone.model.load import Layout
from loadstone.model.pipeline import Format
from loadstone.ports import ByteStream, OpenFile
from loadstone.readers.blocks import Encoder, joined
from loadstone.readers.jsonform import JsonShape

__all__ = ["MendedReader"]


@dataclass(frozen=True, slots=True)
class MendedReader:
    """Reads mended rows under the row and line numbers that they had in the object.

    Attributes:
        path: the mended file.
        dialect: of the object, as the ledger has it.
    """

    path: Path
    dialect: Mapping[str, Any]

    @contextmanager
    def open(self, _stream: ByteStream, _version: ObjectVersion, _format: Format) -> Iterator[OpenFile]:
        """Reads the file whole: what people mend by hand fits into memory.

        Raises:
            ObjectMissing: there is no such file.
            FormatError: it is no file of mended rows.
        """
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            hint = "`loadstone rejects LOAD --format csv` makes one"
            raise ObjectMissing("there is no such file", where=str(self.path), hint=hint) from None
        yield _MendedFile(text, self.dialect, str(self.path))


class _MendedFile:
    sha256 = ""

    def __init__(self, text: bytes, dialect: Mapping[str, Any], where: str) -> None:
        self.bytes_read = len(text)
        names, records = read_mended(text, dialect, where=where)
        self._dialect = dialect
        self._records = list(records)
        self.layout = Layout(names or tuple(dialect.get("names") or ()), dict(dialect))

    def chunks(self, plan: LoadPlan) -> Iterator[Chunk]:
        for record in self._records:
            # One encoder a record: each has a row number of its own, and mended rows are few.
            encoder = self._encoder(plan, record.row_number, record.line_number)
            chunk, _ = encoder.feed(memoryview(record.raw), True)
            discarded = (record.row_number,) if chunk.discarded else ()
            yield replace(chunk, bytes_read=len(record.raw), discarded_rows=discarded)

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        chunk, _ = self._encoder(plan, 1, 1).feed(memoryview(joined(records)), True)
        return chunk

    def _encoder(self, plan: LoadPlan, row: int, line: int) -> Encoder:
        if self._dialect.get("format") in JSON_FORMATS:
            return JsonShape.of_record(self._dialect).encoder(plan, row=row, line=line)
        quote, escape = self._dialect.get("quote"), self._dialect.get("escape")
        return DelimitedEncoder(
            plan,
            delimiter=str(self._dialect.get("delimiter") or ",").encode(),
            quote=str(quote).encode() if quote else None,
            escape=str(escape).encode() if escape else None,
            trailing_delimiter=bool(self._dialect.get("trailing_delimiter")),
            pads=self._dialect.get("ragged") in {"pad", "pad_and_truncate"},
            truncates=self._dialect.get("ragged") in {"truncate", "pad_and_truncate"},
            first_row=row,
            first_line=line,
        )
