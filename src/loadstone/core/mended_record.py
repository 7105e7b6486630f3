"""One mended record: what was the row's, and where it stood."""

from __future__ import annotations

from msgspec import Struct

from loadstone.model.batch import Reject

__all__ = ["PREFIX", "MendedRecord", "is_whole"]

#: What stands before the record's own cells.
PREFIX = ("_row", "_line", "_reason")


class MendedRecord(Struct, frozen=True):
    """A record of a mended file.

    Attributes:
        row_number: of the rejected row in the file of its load.
        line_number: likewise.
        raw: the record as the codec reads it, without a line end.
    """

    row_number: int
    line_number: int
    raw: bytes


def is_whole(reject: Reject) -> bool:
    """Whether the whole record was kept, rather than its first part, or nothing any more."""
    kept = len(reject.raw.rstrip(b"\r\n"))
    return kept > 0 and kept >= reject.byte_length - 2  # less a line end of up to two
