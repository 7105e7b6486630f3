"""The reader that finds out which reader a file needs: configuration, else the first bytes or the name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from loadstone.errors import DecompressionBomb
from loadstone.platform.decompression import RATIO_FLOOR
from loadstone.platform.stored import PeekedStream
from loadstone.readers.blocks import Blocks
from loadstone.readers.delimited import DelimitedFile
from loadstone.readers.intake import Intake
from loadstone.readers.naming import named_format
from loadstone.readers.packages import LOOK, looks_like_workbook, opened_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream, OpenFile
    from loadstone.readers.avro import AvroReader
    from loadstone.readers.jsonfile import JsonFile
    from loadstone.readers.naming import NamedFormat
    from loadstone.readers.orc import OrcReader
    from loadstone.readers.parquet import ParquetReader

__all__ = ["AutomaticReader"]

#: Of a Parquet file, and of one whose footer is encrypted.
PARQUET_MAGICS = frozenset({b"PAR1", b"PARE"})
#: Of an ORC file; text may begin with it, too, but not go on with characters below the tabulator.
_ORC_MAGIC = b"ORC"
_ORC_LOOK = 64
_AVRO_MAGIC = b"Obj\x01"
_TABULATOR = 9


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
        columnar = _columnar_format(peeked, version, file_format)
        if columnar is not None:
            with _columnar_reader(columnar).open(peeked, version, file_format) as file:
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
            if chosen is None:
                begins = bytes(blocks.head[:4096]).translate(None, b" \t\r\n")
                chosen = "json" if begins.startswith((b"{", b"[{")) else "csv"
            yield _front_end(chosen)(intake, blocks, version, file_format)
        finally:
            intake.close()


def _columnar_format(stream: PeekedStream, version: ObjectVersion, file_format: Format) -> str | None:
    """`parquet`, `avro`, `orc`, or None for what is none of these."""
    chosen: str | None = file_format.type
    if chosen is None and stream.peek(4) in PARQUET_MAGICS:
        chosen = "parquet"
    if chosen is None and stream.peek(4) == _AVRO_MAGIC:
        chosen = "avro"
    head = stream.peek(_ORC_LOOK)
    if chosen is None and head.startswith(_ORC_MAGIC) and min(head) < _TABULATOR:
        chosen = "orc"
    chosen = chosen or named_format(version.key)[0]
    return chosen if chosen in {"parquet", "avro", "orc"} else None


def _columnar_reader(columnar: str) -> ParquetReader | AvroReader | OrcReader:
    if columnar == "avro":
        from loadstone.readers.avro import AvroReader  # noqa: PLC0415 - asks for fastavro

        return AvroReader()
    if columnar == "orc":
        from loadstone.readers.orc import OrcReader  # noqa: PLC0415 - asks for pyarrow

        return OrcReader()
    from loadstone.readers.parquet import ParquetReader  # noqa: PLC0415 - the same

    return ParquetReader()


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


def _front_end(chosen: NamedFormat) -> type[DelimitedFile | JsonFile]:
    if chosen == "csv":
        return DelimitedFile
    from loadstone.readers.jsonfile import JsonFile  # noqa: PLC0415 - brings its own part of the codec

    return JsonFile
