"""Which files hold typed columns, and what opens them: told by their first bytes, or by their name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from loadstone.core.sniffing.decision import Decision
from loadstone.errors import FormatError
from loadstone.readers.naming import named_format
from loadstone.readers.opened import with_decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format
    from loadstone.platform.stored import PeekedStream
    from loadstone.ports import OpenFile
    from loadstone.readers.arrow_file import ArrowFile

__all__ = ["ColumnarFormat", "columnar_format", "opened_columnar"]

ColumnarFormat = Literal["parquet", "avro", "orc"]

_MAGICS: dict[ColumnarFormat, bytes] = {"parquet": b"PAR1", "avro": b"Obj\x01", "orc": b"ORC"}
#: Of a Parquet file whose footer is encrypted.
_ENCRYPTED_PARQUET = b"PARE"
#: Text may begin as an ORC file does, too, but not go on with characters below the tabulator.
_ORC_LOOK = 64
_TABULATOR = 9
_NEVER_EMPTY: dict[ColumnarFormat, str] = {
    "parquet": "a Parquet file has a footer, even without rows",
    "avro": "an Avro file has a header, even without rows",
    "orc": "an ORC file has a footer, even without rows",
}


def columnar_format(
    stream: PeekedStream, version: ObjectVersion, file_format: Format
) -> ColumnarFormat | None:
    """The format of a file that holds typed columns; None for what does not."""
    chosen: str | None = file_format.type
    if chosen is None and stream.peek(4) in {_MAGICS["parquet"], _ENCRYPTED_PARQUET}:
        chosen = "parquet"
    if chosen is None and stream.peek(4) == _MAGICS["avro"]:
        chosen = "avro"
    head = stream.peek(_ORC_LOOK)
    if chosen is None and head.startswith(_MAGICS["orc"]) and min(head) < _TABULATOR:
        chosen = "orc"
    chosen = chosen or named_format(version.key)[0]
    return next((columnar for columnar in _MAGICS if columnar == chosen), None)


@contextmanager
def opened_columnar(
    columnar: ColumnarFormat, stream: PeekedStream, version: ObjectVersion, file_format: Format
) -> Iterator[OpenFile]:
    """Opens the file with what reads its format; one that is no local file is spooled to disk before.

    Raises:
        FormatError: it is not of this format, is damaged, encrypted, or holds what cannot be read.
        ConfigurationError: its format takes a package that is not installed.
    """
    from loadstone.readers.seekable import SeekableFile  # noqa: PLC0415 - files of text do without

    opened = _opener(columnar)
    head = stream.peek(len(_ENCRYPTED_PARQUET))
    if not head:
        raise FormatError("the file is empty", where=version.uri, hint=_NEVER_EMPTY[columnar])
    if columnar == "parquet" and head == _ENCRYPTED_PARQUET:
        raise FormatError(
            "the Parquet file is encrypted",
            where=version.uri,
            hint="write it without encryption, or decrypt it first",
        )
    stored = SeekableFile(stream, file_format, _MAGICS[columnar])
    try:
        file = opened(stored, version.uri)
        if file_format.type is None:
            file.layout = with_decision(file.layout, "format", _format(columnar, head))
        yield file
    finally:
        stored.close()


def _format(columnar: ColumnarFormat, head: bytes) -> Decision:
    """Why a file that could be opened has its format."""
    magic = _MAGICS[columnar]
    if head.startswith(magic):
        return Decision(columnar, 1.0, f"the file begins with {repr(magic)[2:-1]}")
    return Decision(columnar, 0.95, "the name says so, and the file can be read so")


def _opener(columnar: ColumnarFormat) -> Callable[..., ArrowFile]:
    # Each asks for a package of its own.
    if columnar == "avro":
        from loadstone.readers.avro import opened_avro  # noqa: PLC0415

        return opened_avro
    if columnar == "orc":
        from loadstone.readers.orc import opened_orc  # noqa: PLC0415

        return opened_orc
    from loadstone.readers.parquet import opened_parquet  # noqa: PLC0415

    return opened_parquet
