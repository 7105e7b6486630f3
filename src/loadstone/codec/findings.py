"""What is wrong with a chunk's rows, noted as numbers while the GIL is released; sentences are made later."""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Buffer, IntegerList, Text
from loadstone.codec.rejects import NOTE_SIZE, REJECT_SIZE, VALUE_LIMIT

__all__ = ["Findings"]

_VALUE_LIMIT = cython.declare(cython.Py_ssize_t, VALUE_LIMIT)
_NOTE_SIZE = cython.declare(cython.Py_ssize_t, NOTE_SIZE)


class Findings:
    """Notes on failing cells, and the records they reject."""

    def __init__(self) -> None:
        self.values = Buffer(1024)
        self.notes = IntegerList()
        self.rejects = IntegerList()
        self.first_note = 0
        self.first_value = 0

    def note(
        self,
        column: cython.int,
        code: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        detail: cython.longlong,
    ) -> cython.int:
        """Keeps why a cell fails, with the beginning of its text; column -1 is the whole record."""
        if end - start > _VALUE_LIMIT:
            end = start + _VALUE_LIMIT
        self.notes.append(column)
        self.notes.append(code)
        self.notes.append(self.values.position)
        self.values.put_slice(text, start, end)
        self.notes.append(self.values.position)
        self.notes.append(detail)
        return 0

    def reject(
        self, row: cython.longlong, line: cython.longlong, offset: cython.longlong, length: cython.longlong
    ) -> cython.int:
        """Rejects the record at hand with the notes since the last record."""
        self.rejects.append(row)
        self.rejects.append(line)
        self.rejects.append(offset)
        self.rejects.append(length)
        self.rejects.append(self.notes.count // _NOTE_SIZE)
        self.first_note = self.notes.count
        self.first_value = self.values.position
        return 0

    def forget(self) -> cython.int:
        """Drops the notes since the last rejected record."""
        self.notes.count = self.first_note
        self.values.position = self.first_value
        return 0

    def take(self) -> tuple[list[int], list[int], bytes]:
        """The rejected records, their notes and the texts: see `rejects.build_rejects`."""
        found = self.rejects.take().tolist(), self.notes.take().tolist(), bytes(self.values)
        self.first_note = 0
        self.first_value = 0
        self.values.position = 0
        return found

    def __len__(self) -> int:
        count: int = self.rejects.count
        return count // REJECT_SIZE
