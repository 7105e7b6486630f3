"""Rejects on their way to `loadstone.rejects`: spooled as binary COPY tuples, then written with the load."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from functools import lru_cache

from loadstone.model.batch import Reject
from loadstone.platform.spool import SpooledBytes
from loadstone.postgres.connection import Connection

__all__ = ["KEPT_REJECTS", "RejectSpool"]

#: Rejects that are kept of a load that failed.
KEPT_REJECTS = 10_000

_BLOCK = 1024 * 1024

_COPY = (
    b"COPY loadstone.rejects (load_id, row_number, line_number, byte_offset, byte_length,"
    b" column_name, code, reason, others, raw) FROM STDIN (FORMAT BINARY)"
)
_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_NUMBERS = struct.Struct(">h" + "iq" * 5)
_LENGTH = struct.Struct(">i")
_JSONB_VERSION = b"\x01"


class RejectSpool:
    """Rows that did not fit, set aside in memory and beyond a few MiB on disk.

    They stay there when they are written, so that a load which fails after that can still tell its reasons.

    Args:
        load_id: of the load they belong to.
    """

    def __init__(self, load_id: int) -> None:
        self._load_id = load_id
        self._spool = SpooledBytes()
        self._written = 0
        self._kept = 0
        self.rows = 0

    def extend(self, rejects: Iterable[Reject]) -> None:
        """Sets rejects aside."""
        for reject in rejects:
            self._spool.append(_tuple(self._load_id, reject))
            self.rows += 1
            if self.rows <= KEPT_REJECTS:
                self._kept = len(self._spool)

    def write(self, connection: Connection) -> None:
        """COPYs what was not written yet, in the connection's transaction."""
        self._copy(connection, self._written, len(self._spool))
        self._written = len(self._spool)

    def write_first(self, connection: Connection) -> None:
        """COPYs the first `KEPT_REJECTS`, written before or not: those of a transaction that is no more."""
        self._copy(connection, 0, self._kept)

    def close(self) -> None:
        """Gives memory and disk back."""
        self._spool.close()

    def _copy(self, connection: Connection, start: int, end: int) -> None:
        if start == end:
            return
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.write(_HEADER)
            while block := self._spool.read_at(start, min(_BLOCK, end - start)):
                copy.write(block)
                start += len(block)
            copy.write(_TRAILER)


def _tuple(load_id: int, reject: Reject) -> bytes:
    numbers = _NUMBERS.pack(
        10,
        8,
        load_id,
        8,
        reject.row_number,
        8,
        reject.line_number,
        8,
        reject.byte_offset,
        8,
        reject.byte_length,
    )
    others = _NULL
    if reject.others:
        listed = [
            {"column": column, "code": code, "reason": reason} for column, code, reason in reject.others
        ]
        others = _field(_JSONB_VERSION + _text(json.dumps(listed)))
    column = _NULL if reject.column is None else _name(reject.column)
    fields = (numbers, column, _name(reject.code), _field(_text(reject.reason)), others, _field(reject.raw))
    return b"".join(fields)


def _field(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


@lru_cache(maxsize=1024)
def _name(text: str) -> bytes:
    """Columns and codes are few, rejects may be many."""
    return _field(_text(text))


def _text(text: str) -> bytes:
    """UTF-8 that PostgreSQL takes, whatever stood in the file."""
    if "\0" in text:
        text = text.replace("\0", "\\0")
    return text.encode("utf-8", "backslashreplace")
