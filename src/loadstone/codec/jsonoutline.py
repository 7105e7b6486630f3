"""The structure around the records of a JSON document: what is open, what comes next, where the path is."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.jsonstrings import decode_string

__all__ = ["JsonOutline"]

# What must come next.
DOCUMENT = 0  # a document, or the end of the file
NOTHING = 1  # the end of the file
ELEMENT = 2  # a value
ELEMENT_OR_CLOSE = 3  # the first element of an array, or its end
MEMBER = 4  # a key
MEMBER_OR_CLOSE = 5  # the first key of an object, or its end
COLON = 6
COMMA_OR_CLOSE = 7


class JsonOutline:
    """Follows brackets, keys and commas from the top of each document to the records.

    `depth` brackets are open, `opened` says which. `match` is how many steps of the path lead to the value
    that comes next: `path_size` for what the path leads to, one more for an element of an array there (a
    record), -1 off the path.

    Args:
        path: the keys that lead to the records, None for each element of an array.
    """

    def __init__(self, path: Sequence[str | None]) -> None:
        self.path_size = len(path)
        names, ends = b"", array("q", [0])
        for name in path:
            names += (name or "").encode()
            ends.append(len(names))
        self.names = Text(names)
        self.name_ends = ends
        self.stars = bytes(name is None for name in path) + b"\x00"
        self.key = Buffer(256)
        self.opened = bytearray(512)
        self.matches = array("q", bytes(8 * 512))
        self.depth = 0
        self.state = DOCUMENT
        self.match = 0
        self.documents = 0

    def open(self, bracket: cython.uchar) -> cython.bint:
        """An opening bracket in place of the next value; False where that is nested too deep."""
        if self.depth == 512:
            return False
        self.opened[self.depth] = bracket
        self.matches[self.depth] = self.match
        self.depth += 1
        self.expect_next()
        self.state = MEMBER_OR_CLOSE if bracket == 123 else ELEMENT_OR_CLOSE
        return True

    def is_closed_by(self, bracket: cython.uchar) -> cython.bint:
        """Whether a bracket closes the innermost object or array."""
        return self.depth > 0 and bracket == self.opened[self.depth - 1] + 2

    def close(self) -> cython.int:
        """The closing bracket of the innermost object or array."""
        self.depth -= 1
        return self.ended(self.opened[self.depth] == 91)

    def ended(self, is_array: cython.bint) -> cython.int:
        """A value ended."""
        if self.depth > 0:
            self.state = COMMA_OR_CLOSE
            return 0
        self.documents += 1
        self.match = 0
        self.state = NOTHING if is_array and self.documents == 1 else DOCUMENT
        return 0

    def give_up(self) -> cython.int:
        """What comes next cannot be told."""
        self.depth = 0
        self.state = NOTHING
        return 0

    def expect_next(self) -> cython.int:
        """After an opening bracket or a comma: another key, or another element and where it leads."""
        match: cython.Py_ssize_t = self.matches[self.depth - 1]
        if self.opened[self.depth - 1] == 123:
            self.state = MEMBER
            return 0
        self.state = ELEMENT
        if match == self.path_size or (0 <= match < self.path_size and self.stars[match]):
            self.match = match + 1
        else:
            self.match = -1
        return 0

    def take_key(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """The key text[start:end], quotes and all: where its value is on the path."""
        match: cython.Py_ssize_t = self.matches[self.depth - 1]
        self.state = COLON
        self.match = -1
        if 0 <= match < self.path_size and not self.stars[match] and self.is_name(text, start, end, match):
            self.match = match + 1
        return 0

    def is_name(
        self,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        step: cython.Py_ssize_t,
    ) -> cython.bint:
        """Whether the key text[start:end] is the path's name number `step`."""
        i: cython.Py_ssize_t
        first: cython.Py_ssize_t = self.name_ends[step]
        self.key.position = 0
        if decode_string(text, start + 1, end - 1, self.key) >= 0:
            return False
        if self.key.position != self.name_ends[step + 1] - first:
            return False
        for i in range(self.key.position):  # noqa: SIM110 - a generator would need the GIL
            if self.key.data[i] != self.names.data[first + i]:
                return False
        return True

    def holds_records(self) -> cython.bint:
        """Whether the innermost array is one of records."""
        if self.depth == 0 or self.opened[self.depth - 1] != 91:
            return False
        return self.matches[self.depth - 1] == self.path_size
