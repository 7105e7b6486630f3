"""Characters and words: UTF-8, white space, booleans, hexadecimal digits."""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Text

if cython.compiled:
    from cython.cimports.libc.string import memchr

__all__ = []


def is_ascii(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Whether all bytes are below 128."""
    i: cython.Py_ssize_t
    seen: cython.uchar = 0
    for i in range(start, end):
        seen |= text.data[i]
    return seen < 128


def is_utf8(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Whether the bytes are well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF."""
    i: cython.Py_ssize_t = start
    c: cython.uchar
    low: cython.uchar
    high: cython.uchar
    more: cython.int
    while i < end:
        c = text.data[i]
        i += 1
        if c < 0x80:
            continue
        low = 0x80
        high = 0xBF
        if c < 0xC2 or c > 0xF4:
            return False
        if c < 0xE0:
            more = 1
        elif c < 0xF0:
            more = 2
            if c == 0xE0:
                low = 0xA0
            elif c == 0xED:
                high = 0x9F
        else:
            more = 3
            if c == 0xF0:
                low = 0x90
            elif c == 0xF4:
                high = 0x8F
        if end - i < more:
            return False
        while more > 0:
            c = text.data[i]
            if c < low or c > high:
                return False
            low = 0x80
            high = 0xBF
            i += 1
            more -= 1
    return True


def character_count(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """How many characters well-formed UTF-8 holds."""
    count: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    for i in range(start, end):
        if (text.data[i] & 0xC0) != 0x80:
            count += 1
    return count


def is_space(c: cython.uchar) -> cython.bint:
    """Whether a byte is ASCII white space: a space, tab, LF, vertical tab, form feed or CR."""
    return c == 32 or 9 <= c <= 13


def trimmed_start(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Where the text begins without white space in front."""
    while start < end and is_space(text.data[start]):
        start += 1
    return start


def trimmed_end(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Where the text ends without white space behind."""
    while end > start and is_space(text.data[end - 1]):
        end -= 1
    return end


def is_word(
    text: Text,
    start: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    word: cython.p_const_uchar,
    size: cython.Py_ssize_t,
) -> cython.bint:
    """Whether the text is `word` (lower-case ASCII letters), in any case."""
    i: cython.Py_ssize_t
    if end - start != size:
        return False
    for i in range(size):  # noqa: SIM110 - a generator would need the GIL
        if (text.data[start + i] | 0x20) != word[i]:
            return False
    return True


def boolean_of(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
    """1 for true, t, yes, y, on, 1; 0 for false, f, no, n, off, 0, in any case; -1 for anything else."""
    if end - start == 1:
        c: cython.uchar = text.data[start]
        if c == 49 or (c | 0x20) == 116 or (c | 0x20) == 121:  # 1, t, y
            return 1
        if c == 48 or (c | 0x20) == 102 or (c | 0x20) == 110:  # 0, f, n
            return 0
        return -1
    if is_word(text, start, end, b"true", 4) or is_word(text, start, end, b"yes", 3):
        return 1
    if is_word(text, start, end, b"false", 5) or is_word(text, start, end, b"no", 2):
        return 0
    if is_word(text, start, end, b"on", 2):
        return 1
    if is_word(text, start, end, b"off", 3):
        return 0
    return -1


def hex_digit(c: cython.uchar) -> cython.int:
    """The value of a hexadecimal digit; -1 for anything else."""
    if 48 <= c <= 57:
        return c - 48
    c |= 0x20
    if 97 <= c <= 102:
        return c - 87
    return -1


def has_nul(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Whether text[start:end] holds a NUL."""
    if start >= end or end > len(text.data):
        return False
    if not cython.compiled:
        return 0 in text.data[start:end]
    return memchr(cython.address(text.data[start]), 0, end - start) != cython.NULL
