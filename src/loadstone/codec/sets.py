"""Sets of short texts, asked without the GIL: what means NULL in a column, which values it allows."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import cython

from loadstone.codec.bloom import hash_bytes
from loadstone.codec.buffers import Text

__all__ = ["TextSets"]

_SEED = cython.declare(cython.ulonglong, 5)


class TextSets:
    """Several sets in one hash table; each member belongs to the set of its owner, a small number."""

    def __init__(self, members: Iterable[tuple[int, bytes]] = ()) -> None:
        distinct = sorted(set(members))
        size = 8
        while size < 2 * len(distinct):
            size *= 2
        heap = bytearray()
        entries = array("q", [0])
        slots = array("i", bytes(4 * size))
        self.mask = size - 1
        for number, (owner, member) in enumerate(distinct, start=1):
            slot = hash_bytes(Text(member), 0, len(member), _SEED + owner) & (size - 1)
            while slots[slot]:
                slot = (slot + 1) & (size - 1)
            slots[slot] = number
            entries.extend((owner, len(heap), len(heap) + len(member)))
            heap += member
        self.heap = Text(heap)
        self.entries = entries
        self.slots = slots

    def contains(
        self, owner: cython.int, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t
    ) -> cython.bint:
        """Whether the owner's set has text[start:end]."""
        slot: cython.ulonglong = hash_bytes(text, start, end, _SEED + owner) & self.mask
        while self.slots[slot] != 0:
            if self.equals(self.slots[slot], owner, text, start, end):
                return True
            slot = (slot + 1) & self.mask
        return False

    def equals(
        self,
        entry: cython.Py_ssize_t,
        owner: cython.int,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
    ) -> cython.bint:
        """Whether an entry is the owner's text[start:end]."""
        first: cython.longlong = self.entries[3 * entry - 1]
        i: cython.Py_ssize_t
        if self.entries[3 * entry - 2] != owner or self.entries[3 * entry] - first != end - start:
            return False
        for i in range(end - start):  # noqa: SIM110 - a generator would need the GIL
            if self.heap.data[first + i] != text.data[start + i]:
                return False
        return True
