"""Where reading goes on after a broken element: found by brackets and quotes, or by the layout of lines.

Neither is more than a good guess for text that is no JSON, so both are asked for proof: a guess by brackets
must end in front of what may follow an element; a guess by lines is made only where elements are known to
begin lines of their own. Where there is no proof, the caller must not go on.
"""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Text
from loadstone.codec.jsontext import skip_space
from loadstone.codec.lines import line_end

__all__ = ["BY_BRACKETS", "BY_LINES", "UNCLEAR", "UNFINISHED", "Resumption"]

UNFINISHED = -1  # more text is needed to tell
UNCLEAR = -2  # no text will tell
BY_BRACKETS = 1
BY_LINES = 2


class Resumption:
    """Where a broken element ends (`end`) and where reading goes on (`position`).

    By lines, that is the line end in front of the next element, or of the array's bracket (`closes`).
    """

    def __init__(self) -> None:
        self.end = 0
        self.position = 0
        self.closes = False

    def find(
        self,
        text: Text,
        start: cython.Py_ssize_t,
        size: cython.Py_ssize_t,
        final: cython.bint,
        in_array: cython.bint,
        is_first: cython.bint,
        is_regular: cython.bint,
    ) -> cython.int:
        """Looks behind the broken element at `start`.

        Args:
            text: the block.
            start: where the element begins.
            size: where the block ends.
            final: whether the file ends there, too.
            in_array: whether the elements are those of an array, rather than one behind the other.
            is_first: whether the block is the first of the file.
            is_regular: whether each element so far had one line to itself.

        Returns:
            `BY_BRACKETS`: what may follow an element comes next. `BY_LINES`: the next element is there, or
            the array's closing bracket. Else `UNFINISHED`, or `UNCLEAR`, with nothing found.
        """
        indent: cython.Py_ssize_t = indentation(text, start, is_first)
        line: cython.Py_ssize_t = UNFINISHED
        end: cython.Py_ssize_t
        if (
            indent >= 0
            and text.data[start] in (34, 91, 123)
            and (is_regular or (in_array and indent > 0) or is_indented_below(text, start, size, indent))
        ):
            line = next_line_like(text, start, size, indent, in_array)
        end = skip_damaged(text, start, line if line >= 0 else size)
        if end >= 0:
            end = may_follow(text, end, size, final, in_array)
        if end >= 0:
            self.end = self.position = end
            return BY_BRACKETS
        if line >= 0:
            self.end = trimmed_before(text, start, line)
            self.closes = text.data[line] == 93
            while text.data[line] != 10:
                line -= 1
            self.position = line
            return BY_LINES
        return UNFINISHED if end == UNFINISHED else UNCLEAR


def skip_damaged(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The position after the broken value at `start`, going by brackets and quotes alone.

    A value without brackets ends before a comma, a closing bracket or the end of its line. `UNFINISHED` where
    the text ends first, `UNCLEAR` where brackets do not match or a string goes beyond its line.
    """
    i: cython.Py_ssize_t = start
    depth: cython.int = 0
    c: cython.uchar
    if not cython.compiled:
        closing = bytearray(512)
    while i < end:
        c = text.data[i]
        if c == 34:
            i = skip_quoted(text, i, end)
            if i < 0:
                return i
            continue
        if c in (123, 91):
            if depth == 512:
                return UNCLEAR
            closing[depth] = c + 2
            depth += 1
        elif c in (125, 93):
            if depth == 0:
                return i if i > start else i + 1
            depth -= 1
            if closing[depth] != c:
                return UNCLEAR
            if depth == 0:
                return i + 1
        elif depth == 0 and c in (44, 10):
            return i if i > start else i + 1
        i += 1
    return UNFINISHED


def skip_quoted(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The position after the string at `start`, however wrong its inside is."""
    i: cython.Py_ssize_t = start + 1
    c: cython.uchar
    while i < end:
        c = text.data[i]
        if c == 34:
            return i + 1
        if c == 10:
            return UNCLEAR
        i += 2 if c == 92 else 1
    return UNFINISHED


def indentation(text: Text, start: cython.Py_ssize_t, is_first: cython.bint) -> cython.Py_ssize_t:
    """How many blanks stand before `start` on its line, or -1 where something else does.

    Args:
        text: the block.
        start: a position in it.
        is_first: whether the block begins a line.
    """
    i: cython.Py_ssize_t = start
    while i > 0 and text.data[i - 1] in (32, 9):
        i -= 1
    if i == 0:
        return start if is_first else -1
    return start - i if text.data[i - 1] == 10 else -1


def is_indented_below(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, indent: cython.Py_ssize_t
) -> cython.bint:
    """Whether the line after the one of `start` is there, and is indented more than `indent`."""
    first: cython.Py_ssize_t = line_end(text, start, end) + 1
    i: cython.Py_ssize_t = first
    if first == 0:
        return False
    while i < end and text.data[i] in (32, 9):
        i += 1
    return i < end and i - first > indent


def next_line_like(
    text: Text,
    start: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    indent: cython.Py_ssize_t,
    in_array: cython.bint,
) -> cython.Py_ssize_t:
    """The next element that begins a line as the one at `start` does, or the bracket that closes the array.

    Returns its position, or `UNFINISHED`.
    """
    i: cython.Py_ssize_t = start
    first: cython.Py_ssize_t
    c: cython.uchar
    while True:
        i = line_end(text, i, end)
        if i < 0:
            return UNFINISHED
        i += 1
        first = i
        while i < end and text.data[i] in (32, 9):
            i += 1
        if i < end:
            c = text.data[i]
            if i - first == indent and c == text.data[start]:
                return i
            if in_array and c == 93 and i - first <= indent:
                return i


def may_follow(
    text: Text, position: cython.Py_ssize_t, end: cython.Py_ssize_t, final: cython.bint, in_array: cython.bint
) -> cython.Py_ssize_t:
    """`position` where it may be the end of an element, by what follows; else `UNFINISHED` or `UNCLEAR`."""
    i: cython.Py_ssize_t = skip_space(text, position, end)
    if i >= end:
        if not final:
            return UNFINISHED
        return UNCLEAR if in_array else position
    if in_array:
        return position if text.data[i] in (44, 93) else UNCLEAR
    return position


def trimmed_before(text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The end of text.data[start:end] without white space and without the comma behind an element."""
    while end > start + 1 and text.data[end - 1] <= 32:
        end -= 1
    if end > start + 1 and text.data[end - 1] == 44:
        end -= 1
    return end
