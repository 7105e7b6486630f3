"""Line ends in a block of text: where the next one is, and how many were passed."""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Text

if cython.compiled:
    from cython.cimports.libc.string import memchr

__all__ = ["LineCount"]


class LineCount:
    """Counts the lines of a file, block by block: `number` is the line of the last position counted to.

    Args:
        number: the line on which the first block begins.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.position = 0

    def count(self, block: Text, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Counts on to `end`; returns how many lines end between there and where it stood."""
        count: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t = self.position
        while i < end:
            i = line_end(block, i, end) + 1
            if i == 0:
                break
            count += 1
        self.position = max(self.position, end)
        self.number += count
        return count

    def end_block(self, block: Text, consumed: cython.Py_ssize_t) -> cython.int:
        """Counts on to what was consumed of the block, which is where the next one begins."""
        self.count(block, consumed)
        self.position = 0
        return 0


def line_end(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The position of the first LF in text.data[start:end], or -1."""
    if not cython.compiled:
        found_at = bytes(text.data[start:end]).find(b"\n")
        return found_at if found_at < 0 else start + found_at
    if start >= end or end > len(text.data):
        return -1
    first: cython.p_const_uchar = cython.address(text.data[start])
    found: cython.p_const_uchar = cython.cast(cython.p_const_uchar, memchr(first, 10, end - start))
    if found == cython.NULL:
        return -1
    return start + (found - first)
