"""Rejected rows as a file that people can mend and load again, and that file read back.

The file has the format of the one that the rows come from; for JSON of any layout, that is JSON Lines. Each
record stands in it as it stood there, byte for byte, behind three cells (in JSON: three keys) of ours: `_row`
and `_line`, where it stood, and `_reason`, why it was rejected. Mending means changing what follows the three
and leaving them alone: by `_row` a mended row takes the place of the rejected one. Rows that are left out
stay rejected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from loadstone.core.mended_csv import Dialect, read_csv, write_csv
from loadstone.core.mended_jsonl import read_jsonl, write_jsonl
from loadstone.core.mended_record import PREFIX, MendedRecord, is_whole
from loadstone.errors import FormatError
from loadstone.model.batch import Reject

__all__ = ["JSON_FORMATS", "PREFIX", "MendedRecord", "is_whole", "mendable", "read_mended"]

#: Formats whose rejected records are kept as JSON objects.
JSON_FORMATS = frozenset({"avro", "json", "jsonl", "orc", "parquet"})


def mendable(rejects: Iterable[Reject], dialect: Mapping[str, Any], names: Sequence[str]) -> Iterator[bytes]:
    """The lines of the file to mend, in UTF-8.

    Args:
        rejects: those whose record is kept as a whole (see `is_whole`).
        dialect: of the load, as the ledger has it.
        names: the columns in the file's order; JSON needs none.
    """
    if dialect.get("format") in JSON_FORMATS:
        return write_jsonl(rejects)
    return write_csv(rejects, Dialect.of(dialect), names)


def read_mended(
    text: bytes, dialect: Mapping[str, Any], *, where: str
) -> tuple[tuple[str, ...], Iterator[MendedRecord]]:
    """The file's own column names (none for JSON), and its records without what is ours.

    Raises:
        FormatError: it is no such file, or what is ours was changed; also while the records are read.
    """
    text = text.removeprefix(b"\xef\xbb\xbf")
    if not text.strip():
        raise FormatError(
            "the file is empty", where=where, hint="`loadstone rejects LOAD --format csv` writes one"
        )
    if dialect.get("format") in JSON_FORMATS:
        return (), read_jsonl(text, where)
    return read_csv(text, Dialect.of(dialect), where)
