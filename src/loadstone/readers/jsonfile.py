"""JSON files: which form and which keys the head of a file shows, and then records for the codec."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loadstone.codec.jsonmembers import Member, read_members, read_value
from loadstone.codec.jsonobject import LONELY
from loadstone.codec.jsonstream import JsonEncoder
from loadstone.errors import FormatError
from loadstone.model.contract import LoadPlan
from loadstone.model.load import Layout
from loadstone.model.records_path import parse_records_path
from loadstone.readers.blocks import Blocks, count_lines, joined
from loadstone.readers.intake import Intake
from loadstone.readers.jsonform import Form, JsonShape, find_form
from loadstone.readers.naming import named_format
from loadstone.readers.opened import SAMPLE_RECORDS, OpenedFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
        self._decided = ["encoding"] if intake.encoding.is_decided else []
        self._line = 1
        self._offset = intake.text_offset
        for _ in range(file_format.skip_lines or 0):
            self._skip_line()
        self._shape = self._find_shape(says_lines=named_format(version.key)[0] == "jsonl")
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
            yield from self._blocks.encode(encoder)
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

    def _find_shape(self, *, says_lines: bool) -> JsonShape:
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
        form = find_form(head, is_whole=self._blocks.is_at_end, says_lines=says_lines)
        if self._format.type == "jsonl":
            self._check_lines(head, form)
            form = "lines"
        elif self._format.records is not None:
            form = "array" if head[:1] == b"[" else "documents"
        else:
            self._decided.append("form")
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
        lines = bytes(self._blocks.head).split(b"\n")
        if not self._blocks.is_at_end:
            lines.pop()  # it goes on in the next block
        filled = [line for line in lines if not line.isspace() and line]
        is_complete = self._blocks.is_at_end and len(filled) <= SAMPLE_RECORDS
        return filled[:SAMPLE_RECORDS], is_complete

    def _records(self) -> tuple[list[bytes], bool]:
        """The first records of the head that are JSON, and whether the head holds the whole file."""
        while True:
            encoder = JsonEncoder(
                LoadPlan((), lineage=False, trace=True),
                path=self._shape.path,
                max_record_bytes=self._format.max_record_bytes,
                takes_values=True,
                stop_after=SAMPLE_RECORDS,
                first_line=self._line,
                first_offset=self._offset,
            )
            head = self._blocks.head
            try:
                chunk, consumed = encoder.feed(head, self._blocks.is_at_end)
            except FormatError as error:
                raise self._placed(error) from None
            if chunk.records or not self._blocks.extend():
                break
        index = chunk.index
        if index is None:
            raise AssertionError("the plan asks for a trace")
        places = zip(index.byte_offsets, index.byte_lengths, strict=True)
        records = [bytes(head[at - self._offset : at - self._offset + size]) for at, size in places]
        return records, self._blocks.is_at_end and consumed == len(head)

    def _layout(self, records: Sequence[bytes], is_complete: bool) -> Layout:
        """Keys, sample and kinds; files whose first record is no object are files of values."""
        first = next((record for record in records if record != b"null"), b"" if records else b"{")
        if self._shape.form != "lines" and first[:1] != b"{":
            self._shape = replace(self._shape, takes_values=True)
            rows = [{LONELY: read_value(record)} for record in records]
        else:
            read = (read_members(record, self._shape.separator) for record in records)
            rows = [members for members in read if members is not None]
        names = tuple(dict.fromkeys(name for members in rows for name in members))
        return Layout(
            names,
            self._dialect(),
            tuple(_cells(members, names) for members in rows),
            is_complete,
            tuple(frozenset(m[name].kind for m in rows if name in m) for name in names),
        )

    def _dialect(self) -> dict[str, object]:
        encoding = self._intake.encoding
        shape = self._shape
        dialect: dict[str, object] = {
            "format": "jsonl" if shape.form == "lines" else "json",
            "encoding": encoding.name,
            "byte_order_mark": bool(encoding.mark),
            "compression": self._intake.compression,
            "skip_lines": self._format.skip_lines or 0,
            "decided": self._decided,
        }
        if shape.form != "lines":
            dialect |= {"form": shape.form, "records": self._format.records or "$"}
        if shape.takes_values:
            dialect["values"] = True
        if shape.separator is not None:
            dialect |= {"nested": "flatten", "separator": shape.separator}
        return dialect


def _cells(members: dict[str, Member], names: Sequence[str]) -> tuple[str | None, ...]:
    return tuple([None if (member := members.get(name)) is None else member.text for name in names])
