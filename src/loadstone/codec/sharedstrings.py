"""The shared strings of a workbook, held as bytes one behind the other and where each of them ends."""

from __future__ import annotations

from array import array

import cython

from loadstone.codec.buffers import Buffer, IntegerList, Text
from loadstone.codec.characters import unescape_cell
from loadstone.codec.markup import CLOSING, EMPTY, Markup
from loadstone.errors import FormatError

__all__ = ["SharedStrings", "SharedStringsParser"]

_CUT = cython.declare(cython.Py_ssize_t, -1)


class SharedStrings:
    """Strings by their number.

    Args:
        heap: all of them, in UTF-8, one behind the other.
        ends: for each, where it ends in the heap times 16, plus its form.
    """

    def __init__(self, heap: bytes | memoryview = b"", ends: array[int] | None = None) -> None:
        self.heap = Text(heap)
        self.ends = ends if ends is not None else array("q")

    def __len__(self) -> int:
        return len(self.ends)


class SharedStringsParser:
    """Takes the part that holds the strings, block by block, and gives their bytes."""

    def __init__(self) -> None:
        self.markup = Markup()
        self.out = Buffer(2**16)
        self.ends = IntegerList()
        self.base = 0
        self.offset = 0
        self.is_done = False

    def feed(self, text: bytes | bytearray | memoryview, final: bool) -> tuple[bytes, int]:
        """The bytes of the complete strings of a block, and how much of it they took.

        Raises:
            FormatError: this is no XML, or it ends before its end.
        """
        consumed: cython.Py_ssize_t
        self.markup.open(Text(text), self.offset)
        self.out.position = 0
        with cython.nogil:
            consumed = self.parse()
        if self.is_done:
            consumed = len(text)
        elif final:
            raise FormatError(
                "the shared strings inside the workbook end too early",
                hint="the file was cut off, or its writer failed; save it again",
            )
        self.base += self.out.position
        self.offset += consumed
        self.markup.open(Text(b""), 0)
        return bytes(self.out), consumed

    def strings(self, heap: bytes | memoryview) -> SharedStrings:
        """All strings, once the last block was taken; `heap` is what `feed` gave."""
        return SharedStrings(heap, self.ends.take())

    def parse(self) -> cython.Py_ssize_t:
        """Reads string by string; returns the position behind the last complete one."""
        i: cython.Py_ssize_t = 0
        after: cython.Py_ssize_t
        start: cython.Py_ssize_t
        while True:
            after = self.markup.next_tag(i)
            if after < 0:
                return i
            if self.markup.tag == CLOSING:
                if self.markup.is_named(0x737374, 3):  # sst
                    self.is_done = True
                    return after
            elif self.markup.tag == EMPTY and self.markup.is_named(0x737374, 3):
                self.is_done = True
                return after
            elif self.markup.is_named(0x7369, 2):  # si
                start = self.out.position
                if self.markup.tag != EMPTY:
                    after = copy_runs(self.markup, after, self.out)
                    if after < 0:
                        self.out.position = start
                        return i
                form: cython.int = unescape_cell(self.out, start)
                self.ends.append((self.base + self.out.position) * 16 + form)
            i = after


def copy_runs(markup: Markup, i: cython.Py_ssize_t, out: Buffer) -> cython.Py_ssize_t:
    """Appends the text of an `si` or `is` element from behind its opening tag; returns where it ends.

    The runs of rich text are joined, what tells how it sounds is left out. Returns -1 where it is cut off.
    """
    while True:
        i = markup.next_tag(i)
        if i < 0:
            return _CUT
        if markup.tag == CLOSING:
            if not markup.is_named(114, 1):  # not the end of a run: of the string
                return i
        elif markup.tag != EMPTY:
            if markup.is_named(116, 1):  # t
                i = markup.copy_text(i, out)
            elif not markup.is_named(114, 1):  # r
                i = markup.skip_element(i)
            if i < 0:
                return _CUT
