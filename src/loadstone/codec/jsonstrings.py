"""JSON strings decoded to UTF-8."""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.jsontext import hex4

__all__ = ["decoded"]


def decoded(string: bytes) -> str | None:
    """The text of a JSON string given without its quotes; None where it holds half a surrogate pair."""
    if b"\\" not in string:
        return string.decode()
    out = Buffer(len(string) + 1)
    return None if decode_string(Text(string), 0, len(string), out) >= 0 else bytes(out).decode()


def has_escape(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Whether there is a backslash in text.data[start:end]."""
    i: cython.Py_ssize_t
    for i in range(start, end):  # noqa: SIM110 - a generator would need the GIL
        if text.data[i] == 92:
            return True
    return False


def decode_string(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, out: Buffer
) -> cython.Py_ssize_t:
    """Appends the string whose inside is text[start:end], known to be of JSON's grammar, to `out`.

    Returns -1, or the position of an escape that is half a surrogate pair.
    """
    i: cython.Py_ssize_t = start
    plain: cython.Py_ssize_t = start
    c: cython.uchar
    code: cython.long
    low: cython.long
    while i < end:
        if text.data[i] != 92:
            i += 1
            continue
        out.put_slice(text, plain, i)
        c = text.data[i + 1]
        if c != 117:
            if c == 98:
                c = 8
            elif c == 102:
                c = 12
            elif c == 110:
                c = 10
            elif c == 114:
                c = 13
            elif c == 116:
                c = 9
            out.put_byte(c)
            i += 2
        else:
            code = hex4(text, i + 2, end)
            if 0xDC00 <= code <= 0xDFFF:
                return i
            if 0xD800 <= code <= 0xDBFF:
                low = -1
                if i + 12 <= end and text.data[i + 6] == 92 and text.data[i + 7] == 117:
                    low = hex4(text, i + 8, end)
                if low < 0xDC00 or low > 0xDFFF:
                    return i
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                i += 6
            _put_character(out, code)
            i += 6
        plain = i
    out.put_slice(text, plain, end)
    return -1


def _put_character(out: Buffer, code: cython.long) -> cython.int:
    if code < 0x80:
        out.put_byte(code)
    elif code < 0x800:
        out.put_byte(0xC0 | (code >> 6))
        out.put_byte(0x80 | (code & 0x3F))
    elif code < 0x10000:
        out.put_byte(0xE0 | (code >> 12))
        out.put_byte(0x80 | ((code >> 6) & 0x3F))
        out.put_byte(0x80 | (code & 0x3F))
    else:
        out.put_byte(0xF0 | (code >> 18))
        out.put_byte(0x80 | ((code >> 12) & 0x3F))
        out.put_byte(0x80 | ((code >> 6) & 0x3F))
        out.put_byte(0x80 | (code & 0x3F))
    return 0
