"""Rejects on their way to `loadstone.rejects`: spooled as binary COPY tuples, then written with the load."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice, starmap

from loadstone.model.batch import Reject
from loadstone.platform.spool import SpooledBytes
from loadstone.postgres.connection import Connection

__all__ = ["KEPT_REJECTS", "RejectSpool"]

#: Rejects that are kept of a load that failed.
KEPT_REJECTS = 10_000

_BLOCK = 1024 * 1024
# Rejects that are encoded together; each may hold `RAW_LIMIT` bytes.
_BATCH = 128

# The raw text comes right behind the numbers, whose length is known: one `pack` makes all up to its bytes.
_COPY = (
    b"COPY loadstone.rejects (load_id, row_number, line_number, byte_offset, byte_length,"
    b" raw, column_name, code, reason, others) FROM STDIN (FORMAT BINARY)"
)
_FIELDS = 10
_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_PLACE = struct.Struct(">h" + "iq" * 5 + "i")
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
        waiting = iter(rejects)
        while tuples := [_tuple(self._load_id, reject) for reject in islice(waiting, _BATCH)]:
            self._spool.append(b"".join(tuples))
            if self.rows < KEPT_REJECTS:
                self._kept += sum(map(len, tuples[: KEPT_REJECTS - self.rows]))
            self.rows += len(tuples)

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
    row, line, offset, length, column, code, reason, raw, others = reject
    place = _PLACE.pack(_FIELDS, 8, load_id, 8, row, 8, line, 8, offset, 8, length, len(raw))
    return b"".join((place, raw, _reason(column, code, reason), _others(others) if others else _NULL))


@lru_cache(maxsize=1024)
def _reason(column: str | None, code: str, reason: str) -> bytes:
    """Three fields; rejects may be many, what is wrong with them is mostly the same."""
    name = _NULL if column is None else _field(_text(column))
    return name + _field(_text(code)) + _field(_text(reason))


def _others(others: tuple[tuple[str, str, str], ...]) -> bytes:
    return _field(_JSONB_VERSION + b"[" + b", ".join(starmap(_json_object, others)) + b"]")


@lru_cache(maxsize=1024)
def _json_object(column: str, code: str, reason: str) -> bytes:
    parts = {"column": column, "code": code, "reason": reason}
    return json.dumps({name: _text(part).decode() for name, part in parts.items()}).encode()


def _field(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _text(text: str) -> bytes:
    """UTF-8 that PostgreSQL takes, whatever stood in the file."""
    if "\0" in text:
        text = text.replace("\0", "\\0")
    return text.encode("utf-8", "backslashreplace")
