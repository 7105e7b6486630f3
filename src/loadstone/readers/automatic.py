"""The reader that finds out which reader a file needs: configuration, else the first bytes or the name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from loadstone.readers.blocks import Blocks
from loadstone.readers.delimited import DelimitedFile
from loadstone.readers.intake import Intake
from loadstone.readers.naming import named_format
from loadstone.readers.package_intake import Peeked
from loadstone.readers.packages import LOOK, looks_like_workbook, opened_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream, OpenFile
    from loadstone.readers.jsonlines import JsonLinesFile
    from loadstone.readers.naming import NamedFormat

__all__ = ["AutomaticReader"]


class AutomaticReader:
    """Reads every format that loadstone knows."""

    @contextmanager
    def open(self, stream: ByteStream, version: ObjectVersion, file_format: Format) -> Iterator[OpenFile]:
        """Chooses by `format: type`, else by what is a workbook, else by the key's ending, else by `{`.

        Raises:
            FormatError: the file is empty, or not of its format.
        """
        peeked = Peeked(stream, LOOK)
        if looks_like_workbook(peeked.head, version, file_format):
            with opened_workbook(peeked, version, file_format) as workbook:
                yield workbook
            return
        intake = Intake(peeked, file_format)
        try:
            blocks = Blocks(intake, file_format.max_record_bytes)
            chosen = file_format.type or named_format(version.key)[0]
            if chosen is None or chosen == "xlsx":
                chosen = "jsonl" if bytes(blocks.head[:4096]).lstrip()[:1] == b"{" else "csv"
            yield _front_end(chosen)(intake, blocks, version, file_format)
        finally:
            intake.close()


def _front_end(chosen: NamedFormat) -> type[DelimitedFile | JsonLinesFile]:
    if chosen == "csv":
        return DelimitedFile
    from loadstone.readers.jsonlines import JsonLinesFile  # noqa: PLC0415 - brings its own part of the codec

    return JsonLinesFile
