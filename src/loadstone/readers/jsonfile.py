"""JSON files: which form and which keys the head of a file shows, and then records for the codec."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loadstone.codec.jsonmembers import Member, read_members, read_value
from loadstone.codec.jsonobject import LONELY
from loadstone.codec.jsonstream import JsonEncoder
from loadstone.core.sniffing.decision import Decision
from loadstone.errors import FormatError
from loadstone.model.contract import LoadPlan
from loadstone.model.load import Layout
from loadstone.model.records_path import parse_records_path
from loadstone.readers.blocks import BLOCK_SIZE, Blocks, count_lines, joined
from loadstone.readers.excerpts import WHOLE, told_places
from loadstone.readers.intake import Intake
from loadstone.readers.json_pieces import (
    JsonPieces,
    element_start,
    look_at_elements,
    look_at_held,
    look_at_lines,
)
from loadstone.readers.jsonform import Form, JsonShape, find_form, form_decision, json_encoding, one_document
from loadstone.readers.jsonsample import names_of, table_of
from loadstone.readers.naming import named_format
from loadstone.readers.opened import SAMPLE_RECORDS, OpenedFile, why_only_beginning, with_sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from loadstone.model.batch import Chunk
    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format

__all__ = ["JsonFile"]

_SHOWN = 40
#: What a JSON value may begin with.
_BEGINNINGS = b'{["-0123456789tfn'


class JsonFile(OpenedFile):
    """A JSON file whose keys are known, as far as its head shows them: see `ports.OpenFile`."""

    _intake: Intake

    def __init__(self, intake: Intake, blocks: Blocks, version: ObjectVersion, file_format: Format) -> None:
        self._intake = intake
        self._blocks = blocks
        self._format = file_format
        self._where = version.uri
        self._size = version.size
        self._says_lines = named_format(version.key)[0] == "jsonl"
        self._decided: dict[str, Decision] = {}
        if intake.encoding.is_decided:
            self._decided["encoding"] = json_encoding(intake.encoding, blocks.head)
        self._sampled = 0
        self._first: list[tuple[int, int]] = []
        self._line = 1
        self._offset = intake.text_offset
        for _ in range(file_format.skip_lines or 0):
            self._skip_line()
        self._shape = self._find_shape()
        if self._shape.form == "lines":
            records, is_complete = self._lines()
        else:
            records, is_complete = self._records()
        self.layout = self._layout(records, is_complete)

    def chunks(self, plan: LoadPlan) -> Iterator[Chunk]:
        """The records as tuples and rejects, block by block; once.

        Raises:
            FormatError: the file is cut off, or broken around its records.
        """
        encoder = self._shape.encoder(plan, line=self._line, offset=self._offset)
        try:
            # A record takes some three times as many bytes in JSON as in delimited text.
            yield from self._blocks.encode(encoder, BLOCK_SIZE)
        except FormatError as error:
            raise self._placed(error) from None
        self._intake.finish()
        if isinstance(encoder, JsonEncoder) and not encoder.has_found:
            raise FormatError(
                f"nothing in the file is where `records: {self._format.records}` leads",
                where=self._where,
                hint="the path goes from the top of the document, key by key: $.data.items",
            )

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        """Single records under a plan of their own."""
        form: Form = "lines" if self._shape.form == "lines" else "documents"
        chunk, _ = replace(self._shape, form=form, path=()).encoder(plan).feed(joined(records), True)
        return chunk

    def _placed(self, error: FormatError) -> FormatError:
        error.where = error.where or self._where
        return error

    def _skip_line(self) -> None:
        head = bytes(self._blocks.head)
        end = head.find(b"\n") + 1 or len(head)
        self._line += count_lines(head[:end])
        self._offset += end
        self._blocks.skip(end)

    def _find_shape(self) -> JsonShape:
        """The form: configured, or told by the file."""
        while b"\n" not in bytes(self._blocks.head).lstrip() and self._blocks.extend():
            pass
        head = bytes(self._blocks.head).lstrip()
        if not head:
            raise FormatError(
                "the file is empty", where=self._where, hint="a file needs at least one JSON object"
            )
        if head[0] not in _BEGINNINGS:
            start = head.split(b"\n", 1)[0].strip()[:_SHOWN].decode("utf-8", "backslashreplace")
            raise FormatError(
                f"the file does not look like JSON; it begins with {start!r}",
                where=self._where,
                hint="give `format: {type: csv}` if it is delimited text",
            )
        form = find_form(head, is_whole=self._blocks.is_at_end, says_lines=self._says_lines)
        if self._format.type == "jsonl":
            self._check_lines(head, form)
            form = "lines"
        elif self._format.records is not None:
            form = "array" if head[:1] == b"[" else "documents"
        return JsonShape(
            form,
            path=parse_records_path(self._format.records or "$"),
            separator=self._format.separator if self._format.nested == "flatten" else None,
            max_record_bytes=self._format.max_record_bytes,
        )

    def _check_lines(self, head: bytes, form: str) -> None:
        """What is configured as JSON Lines must look like it; a broken line alone is the codec's to reject.

        Raises:
            FormatError: this is another format.
        """
        if form == "array":
            what = "the file is a JSON array, and `type: jsonl` means one object per line"
        elif form == "documents" and head[:1] == b"{" and len(head.split(b"\n", 1)[0].strip()) == 1:
            what = "the file's objects go over several lines, and `type: jsonl` means one object per line"
        else:
            return
        raise FormatError(what, where=self._where, hint="give `format: {type: json}`, or no type at all")

    def _lines(self) -> tuple[list[bytes], bool]:
        """The first lines of the head that are not blank, and whether these are all."""
        while b"\n" not in bytes(self._blocks.head) and self._blocks.extend():
            pass
        head = bytes(self._blocks.head)
        lines = head.split(b"\n")
        if not self._blocks.is_at_end:
            lines.pop()  # it goes on in the next block
        filled: list[bytes] = []
        for line in lines:
            if len(filled) == SAMPLE_RECORDS:
                break
            self._sampled += len(line) + 1
            if line and not line.isspace():
                filled.append(line)
        return filled, self._blocks.is_at_end and not head[self._sampled :].strip()

    def _records(self) -> tuple[list[bytes], bool]:
        """The first records of the head that are JSON, and whether the head holds the whole file."""
        while True:
            self._first, consumed = self._places(SAMPLE_RECORDS)
            if self._first or not self._blocks.extend():
                break
        head = self._blocks.head
        self._sampled = consumed
        records = [bytes(head[at : at + size]) for at, size in self._first]
        return records, self._blocks.is_at_end and consumed == len(head)

    def _places(self, stop_after: int = 0) -> tuple[list[tuple[int, int]], int]:
        """Where records of the head that are JSON begin, and their lengths; and how far that was read.

        Args:
            stop_after: so many are enough; 0: all of those in the first megabyte.
        """
        head = self._blocks.head if stop_after else self._blocks.head[:BLOCK_SIZE]
        is_final = self._blocks.is_at_end and len(head) == len(self._blocks.head)
        encoder = JsonEncoder(
            LoadPlan((), lineage=False, trace=True),
            path=self._shape.path,
            max_record_bytes=self._format.max_record_bytes,
            takes_values=True,
            stop_after=stop_after,
            first_line=self._line,
        )
        try:
            chunk, consumed = encoder.feed(head, is_final)
        except FormatError as error:
            raise self._placed(error) from None
        if chunk.index is None:
            raise AssertionError("the plan asks for a trace")
        return list(zip(chunk.index.byte_offsets, chunk.index.byte_lengths, strict=True)), consumed

    def _layout(self, records: Sequence[bytes], is_complete: bool) -> Layout:
        """Keys, sample and kinds; files whose first record is no object are files of values."""
        first = next((record for record in records if record != b"null"), b"" if records else b"{")
        if self._shape.form != "lines" and first[:1] != b"{":
            self._shape = replace(self._shape, takes_values=True)
        rows = self._rows(records)
        self._decide(records, rows, is_complete=is_complete)
        names = names_of(rows)
        sample, kinds = table_of(rows, names)
        further = None if is_complete else self._further
        return Layout(names, self._dialect(), sample, is_complete, kinds, further=further)

    def _rows(self, records: Iterable[bytes]) -> list[dict[str, Member]]:
        """The members of the records that are JSON."""
        if self._shape.takes_values:
            return [{LONELY: read_value(record)} for record in records]
        read = (read_members(record, self._shape.separator) for record in records)
        return [members for members in read if members is not None]

    def _decide(
        self, records: Sequence[bytes], rows: Sequence[Mapping[str, Member]], *, is_complete: bool
    ) -> None:
        shape = self._shape
        if self._format.type != "jsonl" and self._format.records is None:
            self._decided["form"] = form_decision(
                shape.form,
                records=len(records),
                objects=len(rows),
                is_complete=is_complete,
                says_lines=self._says_lines,
            )
            if shape.form != "array" and is_complete and len(rows) == len(records) == 1:
                self._decided |= one_document(rows[0])
        if shape.takes_values:
            self._decided["values"] = Decision(True, 0.9, "the first record that is not null is no object")

    def _further(self) -> Layout:
        """The layout with records from the middle and the end of the file, as far as these can be had."""
        pieces = self._pieces()
        first = self.layout
        middle, end = self._rows(pieces.middle), self._rows(pieces.end)
        names = names_of([*middle, *end], first.names)
        rows, kinds = table_of([*middle, *end], names)
        lacking = len(names) - len(first.names)
        before = (*first.kinds, *[frozenset[str]()] * lacking)
        self.layout = with_sample(
            first._replace(names=names, kinds=tuple(a | b for a, b in zip(before, kinds, strict=True))),
            (*((*row, *[None] * lacking) for row in first.sample), *rows),
            told_places(len(first.sample), len(middle), len(end), has_end=pieces.has_end),
            is_complete=pieces.is_complete,
            only_beginning="" if pieces.has_end else self._why_only_beginning(),
        )
        return self.layout

    def _pieces(self) -> JsonPieces:
        """Records from where it is known that one begins."""
        blocks, intake, shape, seen = self._blocks, self._intake, self._shape, self._sampled
        if shape.form == "lines":
            return look_at_lines(blocks, intake, seen=seen, offset=self._offset, size=self._size)
        is_short = blocks.is_at_end and len(blocks.head) - seen <= WHOLE
        if shape.form == "array" and not shape.path and not is_short:
            start = element_start(self._first, bytes(blocks.head[:seen]))
            if start is not None:
                return look_at_elements(
                    blocks, intake, start, seen=seen, offset=self._offset, size=self._size
                )
        try:
            places, _ = self._places()
        except FormatError:  # which ends the load when it gets there
            return JsonPieces(has_end=False)
        head = blocks.head[:BLOCK_SIZE]
        rest = [place for place in places if place[0] >= seen]
        is_all = blocks.is_at_end and len(head) == len(blocks.head)
        return look_at_held(rest, head, seen=seen, is_all=is_all)

    def _why_only_beginning(self) -> str:
        if self._intake.ranges is None and not self._blocks.is_at_end:
            return why_only_beginning(self.layout)
        return "where a record begins can only be told from the beginning on"

    def _dialect(self) -> dict[str, object]:
        encoding = self._intake.encoding
        shape = self._shape
        dialect: dict[str, object] = {
            "format": "jsonl" if shape.form == "lines" else "json",
            "encoding": encoding.name,
            "byte_order_mark": bool(encoding.mark),
            "compression": self._intake.compression,
            "skip_lines": self._format.skip_lines or 0,
            "decided": {name: decision.noted for name, decision in self._decided.items()},
        }
        if shape.form != "lines":
            dialect |= {"form": shape.form, "records": self._format.records or "$"}
        if shape.takes_values:
            dialect["values"] = True
        if shape.separator is not None:
            dialect |= {"nested": "flatten", "separator": shape.separator}
        return dialect
