"""Key to number without the GIL: a hash table over the bytes of names."""

from __future__ import annotations

from array import array

import cython

from loadstone.codec.buffers import Text

__all__ = ["UNKNOWN", "KeyTable"]

#: What `find` says of a name that the table does not hold.
UNKNOWN = -2


class KeyTable:
    """Names in UTF-8 and the number that each stands for (any but -1 and `UNKNOWN`)."""

    def __init__(self, numbers: dict[bytes, int]) -> None:
        self.numbers = {}
        for name, number in numbers.items():
            self.numbers[name] = number
        self._build()

    def add(self, name: bytes, number: int) -> None:
        """Adds one name, or gives it another number."""
        self.numbers[name] = number
        self._build()

    def get(self, name: bytes) -> int:
        """The number of a name, or `UNKNOWN`."""
        number: int = self.find(Text(name), 0, len(name))
        return number

    def find(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The number of the name text.data[start:end], or `UNKNOWN`."""
        slot: cython.ulonglong = _hash(text, start, end) & self.mask
        size: cython.Py_ssize_t = end - start
        entry: cython.longlong
        first: cython.longlong
        i: cython.Py_ssize_t
        while True:
            entry = self.slots[slot]
            if entry < 0:
                return -2
            first = self.starts[entry]
            if self.ends[entry] - first == size:
                i = 0
                while i < size and self.names[first + i] == text.data[start + i]:
                    i += 1
                if i == size:
                    return self.values[entry]
            slot = (slot + 1) & self.mask

    def _build(self) -> None:
        size = 8
        while size < 2 * len(self.numbers) + 2:
            size *= 2
        slots = array("q", [-1]) * size
        starts, ends, position = array("q"), array("q"), 0
        for entry, name in enumerate(self.numbers):
            starts.append(position)
            position += len(name)
            ends.append(position)
            slot = int(_hash(Text(name), 0, len(name))) & (size - 1)
            while slots[slot] >= 0:
                slot = (slot + 1) & (size - 1)
            slots[slot] = entry
        self.names = b"".join(self.numbers) or b"\x00"
        self.starts = starts or array("q", [0])
        self.ends = ends or array("q", [0])
        self.values = array("q", self.numbers.values()) or array("q", [0])
        self.slots = slots
        self.mask = size - 1


def _hash(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.ulonglong:
    """31 bits; never 0, which says that an exception is set."""
    value: cython.ulonglong = 1
    i: cython.Py_ssize_t
    for i in range(start, end):
        value = (value * 31 + text.data[i] + 1) & 0x7FFFFFFF
    return value or 1
