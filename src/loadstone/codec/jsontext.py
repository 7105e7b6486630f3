r"""The JSON grammar of RFC 8259 over bytes, strictly: where a text stops being JSON.

Nothing is decoded or built here. `check_json` and `check_jsonb` look at a whole cell; the `scan_*` functions
look at one token and return the position after it, or, where it is broken, `-2 - position` of the byte that
is wrong.

PostgreSQL's `json` takes every text of this grammar. Its `jsonb` stores the values themselves, and so refuses
the escape `\u0000`, half a surrogate pair, and numbers that `numeric` cannot hold: `for_jsonb` refuses them
too. Values nest at most `MAX_DEPTH` deep.
"""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Text

if cython.compiled:
    from cython.cimports.loadstone.codec.words import loadstone_lowest, loadstone_word

__all__ = ["MAX_DEPTH", "json_error", "jsonb_error", "value_end"]

# Eight times: 1, the space, the quote, the backslash, 128.
_BYTES_OF_ONE = cython.declare(cython.ulonglong, 0x0101010101010101)
_SPACES = cython.declare(cython.ulonglong, 0x2020202020202020)
_QUOTES = cython.declare(cython.ulonglong, 0x2222222222222222)
_BACKSLASHES = cython.declare(cython.ulonglong, 0x5C5C5C5C5C5C5C5C)
_TOP_BITS = cython.declare(cython.ulonglong, 0x8080808080808080)

#: How deep objects and arrays may be nested.
MAX_DEPTH = 512

Bytes = bytes | bytearray | memoryview


def json_error(text: Bytes) -> int | None:
    """The offset of the first byte at which `text` is not one JSON value; None where it is one."""
    position: int = check_json(Text(text), 0, len(text))
    return None if position < 0 else position


def jsonb_error(text: Bytes) -> int | None:
    """The offset of the first byte at which `text` is no value for `jsonb`; None where it is one."""
    position: int = check_jsonb(Text(text), 0, len(text))
    return None if position < 0 else position


def value_end(text: Bytes) -> int | None:
    """Where the JSON value that begins the text ends, whatever follows; None where there is none."""
    position: int = scan_value(Text(text), 0, len(text), False)
    return None if position < 0 else position


def check_json(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """-1 where text.data[start:end] is one JSON value, space around it or not; else the wrong byte."""
    return _check(text, start, end, False)


def check_jsonb(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The same, for what `jsonb` accepts."""
    return _check(text, start, end, True)


def _check(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, for_jsonb: cython.bint
) -> cython.Py_ssize_t:
    position: cython.Py_ssize_t = scan_value(text, skip_space(text, start, end), end, for_jsonb)
    if position < 0:
        return -2 - position
    position = skip_space(text, position, end)
    return -1 if position == end else position


def skip_space(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The position of the first byte that is no white space, or `end`."""
    i: cython.Py_ssize_t = start
    c: cython.uchar
    while i < end:
        c = text.data[i]
        if c not in (32, 10, 13, 9):
            break
        i += 1
    return i


def scan_value(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, for_jsonb: cython.bint
) -> cython.Py_ssize_t:
    """The position after the value that begins at `start`, however deep it is."""
    i: cython.Py_ssize_t = start
    depth: cython.int = 0
    c: cython.uchar
    if not cython.compiled:
        is_object = bytearray(512)
    while True:
        if i >= end:
            return -2 - end
        c = text.data[i]
        if c == 34:
            i = scan_string(text, i, end, for_jsonb)
        elif c in (123, 91):
            if depth == 512:
                return -2 - i
            is_object[depth] = c == 123
            depth += 1
            i = skip_space(text, i + 1, end)
            if i < end and text.data[i] == c + 2:  # '{' + 2 is '}', '[' + 2 is ']'
                depth -= 1
                i += 1
            else:
                if c == 123:
                    i = _scan_key(text, i, end, for_jsonb)
                    if i < 0:
                        return i
                continue
        elif c == 45 or 48 <= c <= 57:
            i = scan_number(text, i, end, for_jsonb)
        else:
            i = scan_word(text, i, end)
        if i < 0:
            return i
        # A value ended: close what it completes, until a comma asks for the next one.
        while True:
            if depth == 0:
                return i
            i = skip_space(text, i, end)
            if i >= end:
                return -2 - end
            c = text.data[i]
            if c == 44:
                i = skip_space(text, i + 1, end)
                if is_object[depth - 1]:
                    i = _scan_key(text, i, end, for_jsonb)
                    if i < 0:
                        return i
                break
            if c != (125 if is_object[depth - 1] else 93):
                return -2 - i
            depth -= 1
            i += 1


def _scan_key(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, for_jsonb: cython.bint
) -> cython.Py_ssize_t:
    """From a key's opening quote to the first byte of its value."""
    i: cython.Py_ssize_t
    if start >= end or text.data[start] != 34:
        return -2 - start
    i = scan_string(text, start, end, for_jsonb)
    if i < 0:
        return i
    i = skip_space(text, i, end)
    if i >= end or text.data[i] != 58:
        return -2 - i
    return skip_space(text, i + 1, end)


def scan_word(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """From the first letter of true, false or null to the position after the last."""
    c: cython.uchar = text.data[start]
    if c == 116 and end - start >= 4 and _is_word(text, start, b"true", 4):
        return start + 4
    if c == 102 and end - start >= 5 and _is_word(text, start, b"false", 5):
        return start + 5
    if c == 110 and end - start >= 4 and _is_word(text, start, b"null", 4):
        return start + 4
    return -2 - start


def _is_word(
    text: Text, start: cython.Py_ssize_t, word: cython.p_const_uchar, size: cython.int
) -> cython.bint:
    i: cython.int
    for i in range(size):  # noqa: SIM110 - a generator would need the GIL
        if text.data[start + i] != word[i]:
            return False
    return True


def skip_plain(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The position of the next quote, backslash, control character or byte above 127; `end` without one."""
    i: cython.Py_ssize_t = start
    c: cython.uchar
    if cython.compiled:
        word: cython.ulonglong
        stops: cython.ulonglong
        end = min(end, len(text.data))
        while end - i >= 8:
            word = loadstone_word(cython.address(text.data[i]))
            # The high bit of a byte is set where it is one of these; the lowest is exact.
            stops = (
                word
                | (word - _SPACES)
                | ((word ^ _QUOTES) - _BYTES_OF_ONE)
                | ((word ^ _BACKSLASHES) - _BYTES_OF_ONE)
            ) & _TOP_BITS
            if stops != 0:
                return i + (loadstone_lowest(stops) >> 3)
            i += 8
    while i < end:
        c = text.data[i]
        if c in {34, 92} or c < 32 or c >= 128:
            break
        i += 1
    return i


def scan_string(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, for_jsonb: cython.bint
) -> cython.Py_ssize_t:
    """From the opening quote to the position after the closing one; escapes and UTF-8 are checked."""
    i: cython.Py_ssize_t = start + 1
    c: cython.uchar
    size: cython.int
    while True:
        i = skip_plain(text, i, end)
        if i >= end:
            return -2 - end
        c = text.data[i]
        if c == 34:
            return i + 1
        if c == 92:
            i = _scan_escape(text, i, end, for_jsonb)
            if i < 0:
                return i
        elif c < 32:
            return -2 - i
        else:
            size = utf8_length(text, i, end)
            if size == 0:
                return -2 - i
            i += size


def _scan_escape(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, for_jsonb: cython.bint
) -> cython.Py_ssize_t:
    """From the backslash to the position after its escape; for `jsonb` after the whole surrogate pair."""
    c: cython.uchar
    unit: cython.long
    if start + 1 >= end:
        return -2 - end
    c = text.data[start + 1]
    if c in (34, 92, 47, 98, 102, 110, 114, 116):
        return start + 2
    if c != 117:
        return -2 - start
    unit = hex4(text, start + 2, end)
    if unit < 0:
        return -2 - start
    if for_jsonb:
        if unit == 0 or 0xDC00 <= unit <= 0xDFFF:
            return -2 - start
        if 0xD800 <= unit <= 0xDBFF:
            if start + 7 >= end or text.data[start + 6] != 92 or text.data[start + 7] != 117:
                return -2 - start
            unit = hex4(text, start + 8, end)
            if unit < 0xDC00 or unit > 0xDFFF:
                return -2 - start
            return start + 12
    return start + 6


def hex4(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.long:
    """The value of four hexadecimal digits; -1 where they are not there."""
    i: cython.Py_ssize_t
    value: cython.long = 0
    c: cython.uchar
    if end - start < 4:
        return -1
    for i in range(start, start + 4):
        c = text.data[i]
        if 48 <= c <= 57:
            value = value * 16 + (c - 48)
        elif 97 <= c <= 102:
            value = value * 16 + (c - 87)
        elif 65 <= c <= 70:
            value = value * 16 + (c - 55)
        else:
            return -1
    return value


def utf8_length(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
    """How many bytes the non-ASCII character at `start` takes in UTF-8; 0 where it is broken (RFC 3629)."""
    c: cython.uchar = text.data[start]
    low: cython.uchar = 0x80
    high: cython.uchar = 0xBF
    size: cython.int
    i: cython.int
    if 0xC2 <= c <= 0xDF:
        size = 2
    elif 0xE0 <= c <= 0xEF:
        size = 3
        if c == 0xE0:
            low = 0xA0
        elif c == 0xED:
            high = 0x9F
    elif 0xF0 <= c <= 0xF4:
        size = 4
        if c == 0xF0:
            low = 0x90
        elif c == 0xF4:
            high = 0x8F
    else:
        return 0
    if end - start < size or text.data[start + 1] < low or text.data[start + 1] > high:
        return 0
    for i in range(2, size):
        if text.data[start + i] & 0xC0 != 0x80:
            return 0
    return size


def scan_number(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, for_jsonb: cython.bint
) -> cython.Py_ssize_t:
    """From the minus or first digit to the position after the last one."""
    i: cython.Py_ssize_t = start
    digits: cython.Py_ssize_t
    has_exponent: cython.bint = False
    if text.data[i] == 45:
        i += 1
    digits = i
    while i < end and 48 <= text.data[i] <= 57:
        i += 1
    if i == digits:
        return -2 - i
    if text.data[digits] == 48 and i > digits + 1:
        return -2 - (digits + 1)
    if i < end and text.data[i] == 46:
        i += 1
        digits = i
        while i < end and 48 <= text.data[i] <= 57:
            i += 1
        if i == digits:
            return -2 - i
    if i < end and text.data[i] in (101, 69):
        has_exponent = True
        i += 1
        if i < end and text.data[i] in (43, 45):
            i += 1
        digits = i
        while i < end and 48 <= text.data[i] <= 57:
            i += 1
        if i == digits:
            return -2 - i
    if for_jsonb and (has_exponent or i - start > 16_383) and not _fits_numeric(text, start, i):
        return -2 - start
    return i


def _fits_numeric(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Whether `numeric` holds a number: up to 131,072 digits before the decimal point and 16,383 after it."""
    i: cython.Py_ssize_t
    mantissa_end: cython.Py_ssize_t = end
    whole: cython.Py_ssize_t = 0
    leading_zeros: cython.Py_ssize_t = 0
    fraction: cython.Py_ssize_t = 0
    exponent: cython.longlong = 0
    is_negative: cython.bint = False
    in_fraction: cython.bint = False
    is_zero: cython.bint = True
    c: cython.uchar
    for i in range(start, end):
        c = text.data[i]
        if c == 46:
            in_fraction = True
        elif c in (101, 69):
            mantissa_end = i
            break
        elif 48 <= c <= 57:
            if c != 48:
                is_zero = False
            if in_fraction:
                fraction += 1
            if is_zero:
                leading_zeros += in_fraction
            elif not in_fraction:
                whole += 1
    for i in range(mantissa_end + 1, end):
        c = text.data[i]
        if c == 45:
            is_negative = True
        elif c != 43 and exponent < 1_073_741_823:
            exponent = exponent * 10 + (c - 48)
    if exponent >= 1_073_741_823:  # INT_MAX / 2, beyond which PostgreSQL does not read it
        return False
    if is_negative:
        exponent = -exponent
    if fraction - exponent > 16_383:
        return False
    return is_zero or (whole or -leading_zeros) + exponent <= 131_072
