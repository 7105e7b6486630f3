"""A place in the rows of a chunk to which they can be taken back."""

from __future__ import annotations

import cython

from loadstone.codec.rows import RowWriter

__all__ = ["RowMark"]


class RowMark:
    """Where a `RowWriter` stood, between two of its rows. Rejects stay as they are when it is taken back."""

    def __init__(self) -> None:
        self.position = 0
        self.places = 0
        self.rows = 0
        self.records = 0
        self.discarded = 0
        self.repaired = 0

    def take(self, rows: RowWriter) -> cython.int:
        """Remembers where the writer stands."""
        self.position = rows.out.position
        self.places = rows.places.numbers.count
        self.rows = rows.rows
        self.records = rows.records
        self.discarded = rows.discarded
        self.repaired = rows.repaired
        return 0

    def restore(self, rows: RowWriter) -> cython.int:
        """Takes the writer back to there; no chunk may have been made since."""
        rows.out.position = self.position
        rows.places.numbers.count = self.places
        rows.rows = self.rows
        rows.records = self.records
        rows.discarded = self.discarded
        rows.repaired = self.repaired
        return 0
