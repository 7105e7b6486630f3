"""Bytes in, bytes out: `Text` to read from, `Buffer` to write big-endian values to, and a list of integers.

They are handed from function to function as objects, since a memoryview passed by value costs more than a
short cell does. All of them grow by themselves, and work while the GIL is released: it is taken only to grow.
"""

from __future__ import annotations

from array import array

import cython

if cython.compiled:
    from cython.cimports.libc.string import memcpy

_LENGTH_4 = cython.declare(cython.longlong, 4 << 32)
_LOW_32 = cython.declare(cython.longlong, 0xFFFFFFFF)

__all__ = ["Buffer", "IntegerList", "Text"]


class Text:
    """Bytes that are only read: `data` is indexed directly, with its bounds checked."""

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self.data = data


class Buffer(Text):
    """Bytes that are appended to at `position`; `data` is the same memory, for reading."""

    def __init__(self, size: int = 256) -> None:
        room = bytearray(size)
        self.data = room
        self.room = room
        self.position = 0

    def __bytes__(self) -> bytes:
        """What was written so far."""
        return bytes(memoryview(self.data)[: self.position])

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Makes room for at least `size` more bytes; takes the GIL."""
        room = bytearray(2 * len(self.room) + size)
        memoryview(room)[: len(self.room)] = memoryview(self.data)
        self.data = room
        self.room = room
        return 0

    def put_byte(self, value: cython.int) -> cython.int:
        """Appends one byte."""
        p: cython.Py_ssize_t = self.position
        if p >= len(self.room):
            self.grow(1)
        self.room[p] = value
        self.position = p + 1
        return 0

    def put_int16(self, value: cython.int) -> cython.int:
        """Appends the low 16 bits, big-endian."""
        p: cython.Py_ssize_t = self.position
        if len(self.room) - p < 2:
            self.grow(2)
        self.room[p] = (value >> 8) & 255
        self.room[p + 1] = value & 255
        self.position = p + 2
        return 0

    def put_int32(self, value: cython.longlong) -> cython.int:
        """Appends the low 32 bits, big-endian."""
        self.position += 4
        if self.position > len(self.room):
            self.grow(4)
        return self.set_int32(self.position - 4, value)

    def set_int32(self, position: cython.Py_ssize_t, value: cython.longlong) -> cython.int:
        """Writes the low 32 bits, big-endian, over what stands at `position`."""
        if position + 4 > self.position:
            return refuse_slice(position, position + 4, self.position)
        if cython.compiled:
            # The C compiler makes one byte swap and one store of this.
            raw = cython.declare(cython.uchar[4])
            raw[0] = (value >> 24) & 255
            raw[1] = (value >> 16) & 255
            raw[2] = (value >> 8) & 255
            raw[3] = value & 255
            memcpy(cython.address(self.room[position]), raw, 4)
        else:
            self.room[position : position + 4] = (value & 0xFFFFFFFF).to_bytes(4, "big")
        return 0

    def put_int64(self, value: cython.longlong) -> cython.int:
        """Appends 64 bits, big-endian."""
        p: cython.Py_ssize_t = self.position
        if len(self.room) - p < 8:
            self.grow(8)
        if cython.compiled:
            raw = cython.declare(cython.uchar[8])
            raw[0] = (value >> 56) & 255
            raw[1] = (value >> 48) & 255
            raw[2] = (value >> 40) & 255
            raw[3] = (value >> 32) & 255
            raw[4] = (value >> 24) & 255
            raw[5] = (value >> 16) & 255
            raw[6] = (value >> 8) & 255
            raw[7] = value & 255
            memcpy(cython.address(self.room[p]), raw, 8)
        else:
            self.room[p : p + 8] = value.to_bytes(8, "big", signed=True)
        self.position = p + 8
        return 0

    def put_field16(self, value: cython.int) -> cython.int:
        """Appends a field of 16 bits, its length in front."""
        self.put_int32(2)
        return self.put_int16(value)

    def put_field32(self, value: cython.longlong) -> cython.int:
        """Appends a field of 32 bits, its length in front."""
        return self.put_int64(_LENGTH_4 | (value & _LOW_32))

    def put_field64(self, value: cython.longlong) -> cython.int:
        """Appends a field of 64 bits, its length in front."""
        self.put_int32(8)
        return self.put_int64(value)

    def end_field(self, begin: cython.Py_ssize_t) -> cython.int:
        """Writes the length of the field that began at `begin` with four bytes for it."""
        return self.set_int32(begin, self.position - begin - 4)

    def put_slice(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Appends text[start:end].

        Raises:
            IndexError: the slice is not within the text.
        """
        size: cython.Py_ssize_t = end - start
        p: cython.Py_ssize_t = self.position
        if start < 0 or size < 0 or end > len(text.data):
            return refuse_slice(start, end, len(text.data))
        if size == 0:
            return 0
        if len(self.room) - p < size:
            self.grow(size)
        if cython.compiled:
            memcpy(cython.address(self.room[p]), cython.address(text.data[start]), size)
        else:
            self.room[p : p + size] = text.data[start:end]
        self.position = p + size
        return 0

    def put_bytes(self, value: bytes) -> cython.int:
        """Appends bytes; for the few places that hold the GIL."""
        return self.put_slice(Text(value), 0, len(value))


def refuse_slice(start: cython.Py_ssize_t, end: cython.Py_ssize_t, size: cython.Py_ssize_t) -> cython.int:
    """Raises IndexError: a slice is not within its text. Takes the GIL."""
    raise IndexError(f"{start}:{end} of {size} bytes")


class IntegerList:
    """64-bit integers that are appended to without the GIL."""

    def __init__(self) -> None:
        self.items = array("q", bytes(8 * 64))
        self.count = 0

    def grow(self) -> cython.int:
        """Doubles the room; takes the GIL."""
        items = array("q", bytes(16 * len(self.items)))
        memoryview(items)[: self.count] = memoryview(self.items)[: self.count]
        self.items = items
        return 0

    def append(self, value: cython.longlong) -> cython.int:
        """Appends one integer."""
        if self.count >= len(self.items):
            self.grow()
        self.items[self.count] = value
        self.count += 1
        return 0

    def take(self) -> array[int]:
        """All integers; the list is empty afterwards."""
        taken = array("q", bytes(8 * self.count))
        memoryview(taken)[:] = memoryview(self.items)[: self.count]
        self.count = 0
        return taken
