"""JSON Lines: which keys the head of a file shows, and then records for the codec."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from loadstone.codec.jsonlines import JsonLinesEncoder
from loadstone.codec.jsonmembers import read_members
from loadstone.codec.jsontext import json_error
from loadstone.errors import FormatError
from loadstone.model.load import Layout
from loadstone.readers.blocks import Blocks, count_lines, joined
from loadstone.readers.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadstone.codec.jsonmembers import Member
    from loadstone.model.batch import Chunk
    from loadstone.model.contract import LoadPlan
    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream

__all__ = ["SAMPLE_RECORDS", "JsonLinesFile", "JsonLinesReader"]

#: Records looked at to tell keys and types.
SAMPLE_RECORDS = 1000
_SHOWN = 40


class JsonLinesReader:
    """Reads files of one JSON object per line."""

    @contextmanager
    def open(
        self, stream: ByteStream, version: ObjectVersion, file_format: Format
    ) -> Iterator[JsonLinesFile]:
        """Collects the keys from the head of the file.

        Raises:
            FormatError: the file is empty, or does not hold one object per line.
        """
        intake = Intake(stream, file_format)
        try:
            yield JsonLinesFile(intake, Blocks(intake, file_format.max_record_bytes), version, file_format)
        finally:
            intake.close()


class JsonLinesFile:
    """A JSON Lines file whose keys are known, as far as its head shows them: see `ports.OpenFile`."""

    def __init__(self, intake: Intake, blocks: Blocks, version: ObjectVersion, file_format: Format) -> None:
        self._intake = intake
        self._blocks = blocks
        self._format = file_format
        self._where = version.uri
        self._skipped_lines = 0
        self._skipped_bytes = 0
        for _ in range(file_format.skip_lines or 0):
            self._skip_line()
        objects, is_complete = self._sample()
        names = tuple(dict.fromkeys(name for members in objects for name in members))
        self.layout = Layout(
            names,
            self._dialect(),
            tuple(tuple(_text(members.get(name)) for name in names) for members in objects),
            is_complete,
            tuple(frozenset(m[name].kind for m in objects if name in m) for name in names),
        )

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
        encoder = JsonLinesEncoder(
            plan,
            first_line=1 + self._skipped_lines,
            first_offset=self._intake.text_offset + self._skipped_bytes,
            max_record_bytes=self._format.max_record_bytes,
        )
        yield from self._blocks.encode(encoder)
        self._intake.finish()

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        """Single records under a plan of their own."""
        encoder = JsonLinesEncoder(plan, max_record_bytes=self._format.max_record_bytes)
        chunk, _ = encoder.feed(joined(records), True)
        return chunk

    def _skip_line(self) -> None:
        head = bytes(self._blocks.head)
        end = head.find(b"\n") + 1 or len(head)
        self._skipped_lines += count_lines(head[:end])
        self._skipped_bytes += end
        self._blocks.skip(end)

    def _sample(self) -> tuple[list[dict[str, Member]], bool]:
        """The first objects of the head; lines that are none are the codec's to reject."""
        while b"\n" not in bytes(self._blocks.head) and self._blocks.extend():
            pass
        head = bytes(self._blocks.head)
        lines = head.split(b"\n")
        if not self._blocks.is_at_end:
            lines.pop()  # it goes on in the next block
        filled = [line for line in lines if not line.isspace() and line]
        if not filled and self._blocks.is_at_end:
            raise FormatError(
                "the file is empty", where=self._where, hint="a file needs at least one JSON object on a line"
            )
        self._check_first(filled[0] if filled else head)
        objects = [members for line in filled[:SAMPLE_RECORDS] if (members := read_members(line)) is not None]
        return objects, self._blocks.is_at_end and len(filled) <= SAMPLE_RECORDS

    def _check_first(self, line: bytes) -> None:
        """Tells what looks like JSON Lines from what does not; a broken line alone is the codec's to reject.

        Raises:
            FormatError: this is another format.
        """
        line = line.strip()
        is_broken = json_error(line) is not None
        if line.startswith(b"[") and (is_broken or line.endswith(b"}]") or line == b"[]"):
            raise FormatError(
                "the file is a JSON array, which cannot be read yet: JSON is read as one object per line",
                where=self._where,
                hint="`jq -c '.[]' FILE > FILE.jsonl` makes JSON Lines of it; a later version reads arrays",
            )
        if line == b"{":
            raise FormatError(
                "the file's objects go over several lines: JSON is read as one object per line",
                where=self._where,
                hint="`jq -c . FILE > FILE.jsonl` makes JSON Lines of it",
            )
        if is_broken and not line.startswith(b"{"):
            start = line[:_SHOWN].decode("utf-8", "backslashreplace")
            raise FormatError(
                f"the file does not look like JSON Lines; it begins with {start!r}",
                where=self._where,
                hint="give `format: {type: csv}` if it is delimited text",
            )

    def _dialect(self) -> dict[str, object]:
        encoding = self._intake.encoding
        return {
            "format": "jsonl",
            "encoding": encoding.name,
            "byte_order_mark": bool(encoding.mark),
            "compression": self._intake.compression,
            "skip_lines": self._format.skip_lines,
            "decided": ["encoding"] if encoding.is_decided else [],
        }


def _text(member: Member | None) -> str | None:
    return member.text if member is not None else None
