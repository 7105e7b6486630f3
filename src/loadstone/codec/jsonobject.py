"""The members of one JSON object: for each key that a plan knows, where its value stands, and of what kind.

Objects of one file mostly have the same keys in the same order. So the scanner remembers, for each place in
an object, the bytes of the key that last stood there with its quotes and colon, and compares those first.

Flattened, `{"a": {"b": 1}}` has the one member `a_b`, and objects within objects have none of their own.
"""

from __future__ import annotations

from array import array

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.jsonkeys import KeyTable
from loadstone.codec.jsonstrings import decode_string, has_escape
from loadstone.codec.jsontext import scan_number, scan_string, scan_value, scan_word, skip_plain, skip_space

if cython.compiled:
    from cython.cimports.libc.string import memcmp, memcpy

__all__ = ["LONELY", "ObjectScanner"]

# What a value is.
MISSING = 0
NULL_VALUE = 1
STRING = 2
WIDE_STRING = 3
NUMBER = 4
WORD = 5
NESTED = 6

PLACES = 512  # members of an object whose keys are remembered
ROOM = 64  # bytes remembered of each
NOT_KNOWN = -2  # instead of a key's number

#: The name of what is no object: a row of one column.
LONELY = "value"


class ObjectScanner:
    """Finds the values of known keys; of a key that comes twice, the last value counts, as in `jsonb`.

    After `scan`, for the known key number i: `kinds[i]` (`STRING`: ASCII without escapes; `WIDE_STRING`: any
    other; `WORD`: true or false), and its value's bytes from `starts[i]` to `ends[i]`, of strings what
    is between the quotes. The first key not known, with its quotes, and whether any unknown one has another
    value than null, are in `unknown_start` (-1 where there is none), `unknown_end` and `unknown_has_value`.

    Args:
        names: the known keys in UTF-8; -1 for one whose value nobody wants.
        size: how many numbers there are.
        ignores_unknown: do not tell unknown keys.
        separator: between the keys of flattened objects; None to leave nested objects as they are.

    Attributes:
        twice_start: where a key stands whose flattened name another object of the record gave before; or -1.
        twice_end: the end of that key.
    """

    def __init__(
        self, names: dict[bytes, int], size: int, ignores_unknown: bool, separator: bytes | None = None
    ) -> None:
        self.keys = KeyTable(names)
        self.size = size
        self.ignores_unknown = ignores_unknown
        self.kinds = bytearray(size + 1)
        self.starts = array("q", bytes(8 * (size + 1)))
        self.ends = array("q", bytes(8 * (size + 1)))
        self.unknown_start = -1
        self.unknown_end = -1
        self.unknown_has_value = False
        self.expected = bytearray(PLACES * ROOM)
        self.expected_sizes = array("q", bytes(8 * PLACES))
        self.expected_numbers = array("q", bytes(8 * PLACES))
        self.lonely = names.get(LONELY.encode(), -1)
        self.flattens = separator is not None
        self.separator = Text(separator or b"")
        self.name = Buffer(256)
        self.owners = array("q", bytes(8 * (size + 1)))
        self.twice_start = -1
        self.twice_end = -1

    def knows(self, name: bytes) -> bool:
        """Whether a key is known, wanted or not."""
        return name in self.keys.numbers

    @property
    def known_count(self) -> int:
        """How many keys are known."""
        return len(self.keys.numbers)

    def ignore(self, name: bytes) -> None:
        """Takes a key as known from now on, and its values as not wanted."""
        self.keys.add(name, -1)
        self.expected_sizes = array("q", bytes(8 * PLACES))

    def scan(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Looks through the object that begins with the brace at text.data[start].

        Returns the position after its closing brace, or, where it is no JSON, -2 less the position of the
        byte that is wrong, which is `end` where the object goes on behind it.
        """
        i: cython.Py_ssize_t
        place: cython.Py_ssize_t = 0
        first: cython.Py_ssize_t
        size: cython.Py_ssize_t
        number: cython.longlong
        kind: cython.int
        c: cython.uchar
        end = min(end, len(text.data))
        for i in range(self.size):
            self.kinds[i] = MISSING
        self.unknown_start = -1
        self.unknown_has_value = False
        if self.flattens:
            return self.scan_flat(text, start, end)
        i = skip_space(text, start + 1, end)
        if i < end and text.data[i] == 125:
            return i + 1
        while True:
            # The key, up to the first byte of its value.
            size = self.expected_sizes[place] if place < PLACES else 0
            if size > 0 and end - i > size and self.is_expected(place, text, i, size):
                number = self.expected_numbers[place]
                i += size
            else:
                first = i
                if i >= end or text.data[i] != 34:
                    return -2 - i
                i = scan_string(text, i, end, False)
                if i < 0:
                    return i
                number = self.key_number(text, first + 1, i - 1)
                size = i
                i = skip_space(text, i, end)
                if i >= end or text.data[i] != 58:
                    return -2 - i
                i = skip_space(text, i + 1, end)
                if number == NOT_KNOWN and not self.ignores_unknown:
                    if self.unknown_start < 0:
                        self.unknown_start = first
                        self.unknown_end = size
                elif place < PLACES:
                    self.expect(place, text, first, i, number)
            place += 1
            # The value.
            if i < end and text.data[i] <= 32:
                i = skip_space(text, i, end)
            if i >= end:
                return -2 - end
            first = i
            c = text.data[i]
            if c == 34:
                first = i + 1
                i = skip_plain(text, first, end)
                kind = STRING
                if i < end and text.data[i] == 34:
                    i += 1
                else:
                    kind = WIDE_STRING
                    i = scan_string(text, first - 1, end, False)
            elif c == 45 or 48 <= c <= 57:
                kind = NUMBER
                i = scan_number(text, i, end, False)
            elif c in (123, 91):
                kind = NESTED
                i = scan_value(text, i, end, False)
            else:
                kind = NULL_VALUE if c == 110 else WORD
                i = scan_word(text, i, end)
            if i < 0:
                return i
            if number >= 0:
                self.kinds[number] = kind
                self.starts[number] = first
                self.ends[number] = i - 1 if kind in (STRING, WIDE_STRING) else i
            elif number == NOT_KNOWN and kind != NULL_VALUE:
                self.unknown_has_value = True
            # What follows.
            if i < end and text.data[i] <= 32:
                i = skip_space(text, i, end)
            if i >= end:
                return -2 - end
            c = text.data[i]
            i += 1
            if c == 44:
                if i < end and text.data[i] == 32:
                    i += 1
                if i < end and text.data[i] <= 32:
                    i = skip_space(text, i, end)
            elif c == 125:
                return i
            else:
                return -1 - i

    def only(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Takes the JSON value text.data[start:end] for the only member there is, under the key `value`."""
        i: cython.Py_ssize_t
        for i in range(self.size):
            self.kinds[i] = MISSING
        self.unknown_start = -1
        if self.lonely >= 0:
            self.note(self.lonely, text, start, end)
        return 0

    def note(
        self, number: cython.Py_ssize_t, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t
    ) -> cython.int:
        """Keeps a value that is known to be JSON."""
        c: cython.uchar = text.data[start]
        if c == 34:
            self.kinds[number] = WIDE_STRING
            start += 1
            end -= 1
        elif c in (123, 91):
            self.kinds[number] = NESTED
        elif c == 110:
            self.kinds[number] = NULL_VALUE
        else:
            self.kinds[number] = WORD if c in (116, 102) else NUMBER
        self.starts[number] = start
        self.ends[number] = end
        return 0

    def scan_flat(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """As `scan`, with the members of nested objects in place of the objects."""
        after: cython.Py_ssize_t = scan_value(text, start, end, False)
        self.twice_start = -1
        if after >= 0:
            self.members(text, start, after, 0)
        return after

    def members(
        self,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        prefix: cython.Py_ssize_t,
    ) -> cython.Py_ssize_t:
        """Notes what the object at `start`, known to be JSON, holds; returns the position after it.

        The first `prefix` bytes of `name` are those that its keys' names begin with.
        """
        i: cython.Py_ssize_t = skip_space(text, start + 1, end)
        first: cython.Py_ssize_t
        after: cython.Py_ssize_t
        value: cython.Py_ssize_t
        is_text: cython.bint
        while text.data[i] == 34:
            first = i
            after = scan_string(text, i, end, False)
            self.name.position = prefix
            is_text = decode_string(text, first + 1, after - 1, self.name) < 0
            value = skip_space(text, skip_space(text, after, end) + 1, end)
            if text.data[value] == 123:
                self.name.put_slice(self.separator, 0, len(self.separator.data))
                i = self.members(text, value, end, self.name.position)
            else:
                i = scan_value(text, value, end, False)
                if is_text:
                    self.member(text, start, first, after, value, i)
            i = skip_space(text, i, end)
            if text.data[i] == 44:
                i = skip_space(text, i + 1, end)
        return i + 1

    def member(
        self,
        text: Text,
        owner: cython.Py_ssize_t,
        first: cython.Py_ssize_t,
        after: cython.Py_ssize_t,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
    ) -> cython.int:
        """Notes the value text.data[start:end] under `name`: of the key at `first`, the object at `owner`."""
        number: cython.Py_ssize_t = self.keys.find(self.name, 0, self.name.position)
        if number >= 0:
            if self.kinds[number] != MISSING and self.owners[number] != owner:
                self.twice_start = first
                self.twice_end = after
            self.owners[number] = owner
            return self.note(number, text, start, end)
        if number == NOT_KNOWN and not self.ignores_unknown:
            if self.unknown_start < 0:
                self.unknown_start = first
                self.unknown_end = after
            if text.data[start] != 110:
                self.unknown_has_value = True
        return 0

    def key_number(self, text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The number of a key given without its quotes, escapes decoded."""
        if has_escape(text, start, end):
            with cython.gil:
                name = Buffer(end - start + 1)
                if decode_string(text, start, end, name) >= 0:
                    return NOT_KNOWN
                return self.keys.find(name, 0, name.position)
        return self.keys.find(text, start, end)

    def is_expected(
        self, place: cython.Py_ssize_t, text: Text, start: cython.Py_ssize_t, size: cython.Py_ssize_t
    ) -> cython.bint:
        """Whether the key remembered for a place, of `size` bytes, stands at text.data[start]."""
        if cython.compiled:
            return (
                memcmp(cython.address(text.data[start]), cython.address(self.expected[ROOM * place]), size)
                == 0
            )
        return text.data[start : start + size] == self.expected[ROOM * place : ROOM * place + size]

    def expect(
        self,
        place: cython.Py_ssize_t,
        text: Text,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        number: cython.longlong,
    ) -> cython.int:
        """Remembers the key text.data[start:end], colon and all, for its place in the next object."""
        if end - start <= ROOM:
            if cython.compiled:
                memcpy(
                    cython.address(self.expected[ROOM * place]), cython.address(text.data[start]), end - start
                )
            else:
                self.expected[ROOM * place : ROOM * place + end - start] = text.data[start:end]
            self.expected_sizes[place] = end - start
            self.expected_numbers[place] = number
        return 0
