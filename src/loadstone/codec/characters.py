"""Characters as the XML of workbooks writes them: entities, line ends, and what no XML can hold."""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.kinds import HAS_NUL, NON_ASCII
from loadstone.codec.texts import hex_digit

__all__ = ["named_entity", "put_character", "put_lines", "unescape_cell"]


def named_entity(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
    """The character of one of the entities that XML knows by itself; 0 for any other."""
    size: cython.Py_ssize_t = end - start
    a: cython.uchar = text.data[start]
    b: cython.uchar = text.data[start + 1]
    if size == 2 and b == 116:  # ?t
        return 60 if a == 108 else 62 if a == 103 else 0
    if size == 3 and a == 97 and b == 109 and text.data[start + 2] == 112:  # amp
        return 38
    if size == 4 and text.data[start + 2] == 111 and a == 113 and b == 117:  # quot
        return 34
    if size == 4 and text.data[start + 2] == 111 and a == 97 and b == 112:  # apos
        return 39
    return 0


def put_character(point: cython.long, out: Buffer) -> cython.int:
    """Appends a character in UTF-8."""
    if point < 0x80:
        return out.put_byte(cython.cast(cython.int, point))
    if point < 0x800:
        out.put_byte(0xC0 | (point >> 6))
    else:
        if point < 0x10000:
            out.put_byte(0xE0 | (point >> 12))
        else:
            out.put_byte(0xF0 | (point >> 18))
            out.put_byte(0x80 | ((point >> 12) & 0x3F))
        out.put_byte(0x80 | ((point >> 6) & 0x3F))
    return out.put_byte(0x80 | (point & 0x3F))


def unescape_cell(out: Buffer, start: cython.Py_ssize_t) -> cython.int:
    """Undoes `_x000D_`, as workbooks write what XML cannot hold, in all from `start`; returns the form.

    Halves of surrogate pairs are left as they are written.
    """
    form: cython.int = 0
    seen: cython.uchar = 0
    i: cython.Py_ssize_t = start
    to: cython.Py_ssize_t = start
    end: cython.Py_ssize_t = out.position
    point: cython.long
    c: cython.uchar
    while i < end:
        c = out.data[i]
        seen |= c
        if c == 0:
            form |= HAS_NUL
        if c == 95 and end - i >= 7 and out.data[i + 1] == 120 and out.data[i + 6] == 95:
            point = escaped_point(out, i + 2)
            if point >= 0 and not 0xD800 <= point < 0xE000:
                # Shorter than what it replaces, so that nothing unread is written over.
                out.position = to
                put_character(point, out)
                if point == 0:
                    form |= HAS_NUL
                if point >= 128:
                    seen |= 128
                to = out.position
                i += 7
                continue
        if to != i:
            out.room[to] = c
        to += 1
        i += 1
    out.position = to
    return form | NON_ASCII if seen >= 128 else form


def escaped_point(text: Buffer, i: cython.Py_ssize_t) -> cython.long:
    """The number that four hexadecimal digits stand for; -1 where they are none."""
    point: cython.long = 0
    digit: cython.int
    k: cython.int
    for k in range(4):
        digit = hex_digit(text.data[i + k])
        if digit < 0:
            return -1
        point = 16 * point + digit
    return point


def put_lines(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer) -> cython.int:
    """Appends text[start:end] with every line end made LF."""
    i: cython.Py_ssize_t
    for i in range(start, end):
        if text.data[i] == 13:
            out.put_slice(text, start, i)
            start = i + 1
            if start >= end or text.data[start] != 10:
                out.put_byte(10)
    return out.put_slice(text, start, end)
