"""Fields that were written once, and are written again for every row that has the same dictionary entry.

What a cell becomes follows from its text and its column alone. So of the texts that rows share, each is cast
and held against the rules once in a batch, and from then on copied. Those that reject a row, are NULL or get
repaired are not kept: they are looked at each time.
"""

from __future__ import annotations

from array import array

import cython

from loadstone.codec.buffers import Buffer

__all__ = ["KnownFields"]


class KnownFields:
    """The fields of one batch, by the numbers of their entries."""

    def __init__(self) -> None:
        self.fields = Buffer(256)
        self.bounds = array("q", bytes(16))

    def begin(self, entries: int) -> None:
        """Forgets everything; `entries` is how many numbers there are now."""
        self.fields.position = 0
        self.bounds = array("q", bytes(16 * max(1, entries)))

    def recall(self, entry: cython.Py_ssize_t, out: Buffer) -> cython.bint:
        """Writes the entry's field, if it is known."""
        start: cython.longlong = self.bounds[2 * entry]
        end: cython.longlong = self.bounds[2 * entry + 1]
        if end == 0:
            return False
        out.put_slice(self.fields, start, end)
        return True

    def learn(self, entry: cython.Py_ssize_t, out: Buffer, begin: cython.Py_ssize_t) -> cython.int:
        """Keeps what was written from `begin` on, as the entry's field."""
        start: cython.Py_ssize_t = self.fields.position
        self.fields.put_slice(out, begin, out.position)
        self.bounds[2 * entry] = start
        self.bounds[2 * entry + 1] = self.fields.position
        return 0
