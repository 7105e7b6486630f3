"""Cells that hold several values: a JSON list, a list or tuple as Python prints it, or with a separator."""

from __future__ import annotations

import json
import re

import cython

from loadstone.codec.buffers import Buffer, IntegerList, Text
from loadstone.codec.kinds import HAS_NUL, NON_ASCII, PLAIN, QUOTED
from loadstone.codec.texts import is_word, trimmed_end, trimmed_start

__all__ = ["Splitter"]

_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|.)", re.DOTALL)
_SIMPLE_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t"}
_MISSING = cython.declare(cython.int, -1)


class Splitter:
    """Takes one cell apart at a time: `count` parts, each with start, end (in `parts`) and form in `bounds`.

    A form of -1 is a missing value (None, null).
    """

    def __init__(self) -> None:
        self.parts = Buffer(256)
        self.bounds = IntegerList()
        self.count = 0

    def split_at(
        self,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        separators: Text,
        first: cython.Py_ssize_t,
        last: cython.Py_ssize_t,
    ) -> cython.int:
        """Splits at each separator, which is separators[first:last]; an empty part is missing. Always 1."""
        size: cython.Py_ssize_t = last - first
        i: cython.Py_ssize_t = start
        j: cython.Py_ssize_t
        self.parts.position = 0
        self.bounds.count = 0
        self.count = 0
        while i + size <= end:
            j = 0
            while j < size and text.data[i + j] == separators.data[first + j]:
                j += 1
            if j < size:
                i += 1
                continue
            self.add(text, start, i, 0)
            i += size
            start = i
        self.add(text, start, end, 0)
        return 1

    def split_list(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Splits the items of a list or tuple; 0 where the text is none."""
        close: cython.uchar
        i: cython.Py_ssize_t
        self.parts.position = 0
        self.bounds.count = 0
        self.count = 0
        start = trimmed_start(text, start, end)
        end = trimmed_end(text, start, end)
        if end - start < 2:
            return 0
        if text.data[start] == 91:  # [ ]
            close = 93
        elif text.data[start] == 40:  # ( )
            close = 41
        else:
            return 0
        end -= 1
        if text.data[end] != close:
            return 0
        i = trimmed_start(text, start + 1, end)
        while i < end:
            if text.data[i] == 34 or text.data[i] == 39:
                i = self.string(text, i, end)
            else:
                i = self.word(text, i, end)
            if i < 0:
                return 0
            i = trimmed_start(text, i, end)
            if i == end:
                return 1
            if text.data[i] != 44:
                return 0
            i = trimmed_start(text, i + 1, end)
        # A comma behind the last item: in a tuple of Python's.
        return 1 if self.count == 0 or (self.count == 1 and close == 41) else 0

    def string(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Adds the string that begins at `start`, in either kind of quotes; the position behind it, or -1."""
        quote: cython.uchar = text.data[start]
        i: cython.Py_ssize_t = start + 1
        escapes: cython.bint = False
        while i < end and text.data[i] != quote:
            if text.data[i] == 92:
                escapes = True
                i += 1
            i += 1
        if i >= end:
            return -1
        if not escapes:
            self.add(text, start + 1, i, QUOTED)
            return i + 1
        return i + 1 if self.add_decoded(text, start, i + 1) else -1

    def word(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Adds what begins at `start` and is no string, nested values whole; the position behind, or -1."""
        i: cython.Py_ssize_t = start
        stop: cython.Py_ssize_t
        depth: cython.int = 0
        quote: cython.uchar
        c: cython.uchar
        while i < end:
            c = text.data[i]
            if c == 44 and depth == 0:
                break
            if c in {91, 123, 40}:
                depth += 1
            elif c in {93, 125, 41}:
                depth -= 1
            elif depth > 0 and (c in {34, 39}):
                quote = c
                i += 1
                while i < end and text.data[i] != quote:
                    i += 2 if text.data[i] == 92 else 1
            i += 1
        if depth != 0 or i > end:
            return -1
        stop = trimmed_end(text, start, i)
        if stop == start:
            return -1
        if is_word(text, start, stop, b"null", 4) or is_word(text, start, stop, b"none", 4):
            self.add(text, start, start, _MISSING)
        else:
            self.add(text, start, stop, PLAIN)
        return i

    def add(
        self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, form: cython.int
    ) -> cython.int:
        """Adds a part; what its bytes are is added to the form."""
        i: cython.Py_ssize_t
        for i in range(start, end):
            if text.data[i] >= 128:
                form |= NON_ASCII
            elif text.data[i] == 0:
                form |= HAS_NUL
        self.bounds.append(self.parts.position)
        self.parts.put_slice(text, start, end)
        self.bounds.append(self.parts.position)
        self.bounds.append(form)
        self.count += 1
        return 0

    def add_decoded(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Adds a string that has escapes; 0 where they are broken. Takes the GIL."""
        try:
            part = decode_literal(bytes(text.data[start:end]).decode()).encode()
        except (ValueError, KeyError):
            return 0
        self.add(Text(part), 0, len(part), QUOTED)
        return 1


def decode_literal(literal: str) -> str:
    """The string that a JSON string, or one as Python prints it, stands for.

    Raises:
        KeyError: it has an escape that neither knows.
        ValueError: it stands for no character.
    """
    if literal.startswith('"'):
        try:
            decoded: str = json.loads(literal)
        except ValueError:  # perhaps Python's, which takes these quotes for text with an apostrophe
            pass
        else:
            return decoded
    return _ESCAPE.sub(_character, literal[1 : len(literal) - 1])


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    if code:
        return chr(int(code, 16))
    return _SIMPLE_ESCAPES[escape[0][1:]]
