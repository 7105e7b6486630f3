"""The reader that finds out which reader a file needs: configuration, else the first bytes or the name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from loadstone.core.sniffing.decision import Decision
from loadstone.errors import DecompressionBomb
from loadstone.platform.decompression import RATIO_FLOOR
from loadstone.platform.stored import PeekedStream
from loadstone.readers.blocks import Blocks
from loadstone.readers.columnar import columnar_format, opened_columnar
from loadstone.readers.delimited import DelimitedFile
from loadstone.readers.disguised import check_no_markup, is_json
from loadstone.readers.intake import Intake
from loadstone.readers.naming import named_format
from loadstone.readers.opened import with_decision
from loadstone.readers.packages import LOOK, looks_like_workbook, opened_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadstone.model.event import ObjectVersion
    from loadstone.model.load import Layout
    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream, OpenFile
    from loadstone.readers.jsonfile import JsonFile
    from loadstone.readers.naming import NamedFormat

__all__ = ["AutomaticReader"]

#: Bytes by which text is told from something else.
_BEGINNING = 64 * 1024


class AutomaticReader:
    """Reads every format that loadstone knows."""

    @contextmanager
    def open(self, stream: ByteStream, version: ObjectVersion, file_format: Format) -> Iterator[OpenFile]:
        """Chooses by `format: type`, else by the first bytes, else by the key's ending.

        Workbooks, Parquet, Avro and ORC are told by their first bytes, whatever the key; text that begins
        with an object is JSON.

        Raises:
            FormatError: the file is empty, or not of its format.
        """
        _check_expansion(version, file_format)
        peeked = PeekedStream(stream)
        if (columnar := columnar_format(peeked, version, file_format)) is not None:
            with opened_columnar(columnar, peeked, version, file_format) as file:
                yield file
            return
        if looks_like_workbook(peeked.peek(LOOK), version, file_format):
            with opened_workbook(peeked, version, file_format) as workbook:
                yield workbook
            return
        chosen = file_format.type or named_format(version.key)[0]
        if chosen == "xlsx":  # by its name alone: it is something else
            chosen = None
        intake = Intake(peeked, file_format, is_delimited=chosen in {None, "csv"})
        if version.packed_size is not None:
            intake.compression = intake.compression or "zip"
        try:
            blocks = Blocks(intake, file_format.max_record_bytes)
            head = bytes(blocks.head[:_BEGINNING])
            if chosen is None:
                begins = head[:4096].translate(None, b" \t\r\n")
                chosen = "json" if begins.startswith((b"{", b"[{")) else "csv"
            if file_format.type is None and chosen == "csv" and file_format.delimiter is None:
                check_no_markup(head, version.uri)
                chosen = "json" if is_json(head) else chosen
            file = _front_end(chosen)(intake, blocks, version, file_format)
            if file_format.type is None:
                file.layout = with_decision(file.layout, "format", _format(file.layout, version))
            yield file
        finally:
            intake.close()


def _check_expansion(version: ObjectVersion, file_format: Format) -> None:
    """No more comes out of an archive than it says, so that what it says can be judged at once.

    Raises:
        DecompressionBomb: beyond the ratio that the format allows.
    """
    packed, ratio = version.packed_size, file_format.max_compression_ratio
    if packed is not None and version.size > max(RATIO_FLOOR, ratio * packed):
        raise DecompressionBomb(
            f"{packed:,} bytes in the archive become {version.size:,}, more than {ratio:,} times as many",
            where=version.uri,
            hint="if the file is to be trusted, set format: {max_compression_ratio: N} in the dataset",
        )


def _format(layout: Layout, version: ObjectVersion) -> Decision:
    """How surely text has its format, and why."""
    found = layout.dialect["format"]
    named, ending = named_format(version.key)
    if named in {"csv", "jsonl", "json"} and (named == "csv") == (found == "csv"):
        return Decision(found, 0.95, f"the name ends in .{ending}, and the text can be read so")
    if found == "csv":
        return Decision(found, 0.8, "the text does not begin as JSON does")
    return Decision(found, 0.95, "the text begins with a JSON object, or a list of them")


def _front_end(chosen: NamedFormat) -> type[DelimitedFile | JsonFile]:
    if chosen == "csv":
        return DelimitedFile
    from loadstone.readers.jsonfile import JsonFile  # noqa: PLC0415 - brings its own part of the codec

    return JsonFile
