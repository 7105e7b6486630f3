"""XML as workbooks use it: tags, the few attributes that count, and text, out of a block of UTF-8.

Names are told by their local part: a prefix only says which namespace, and sheets mix none. Nothing is looked
up, included or expanded but the five entities that XML knows by itself; a document type is refused.
"""

from __future__ import annotations

import cython

from loadstone.codec.buffers import Buffer, Text
from loadstone.codec.characters import named_entity, put_character, put_lines
from loadstone.codec.texts import hex_digit
from loadstone.errors import FormatError

__all__ = ["Markup"]

#: What a tag is.
OPENING = 1
CLOSING = 2
EMPTY = 3  # opening and closing at once

_CUT_OFF = cython.declare(cython.Py_ssize_t, -1)
_LOW_SEVEN_BYTES = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFF)


class Markup:
    """Tags and text of a block, found one after the other from a position that the caller keeps.

    Methods that find something return the position behind it, or -1 where the block ends before: then the
    caller begins again with a longer block. After `next_tag`, `tag` says which kind it is, `name` and
    `name_size` are its local name (its last eight bytes, big-endian) and how long that is, and `first_r`,
    `first_s`, `first_t` with their `last_`s the values of the attributes of these names, -1 where there is
    none.
    """

    def __init__(self) -> None:
        self.block = Text(b"")
        self.size = 0
        self.offset = 0
        self.tag = 0
        self.name = 0
        self.name_size = 0
        self.first_r = self.last_r = -1
        self.first_s = self.last_s = -1
        self.first_t = self.last_t = -1

    def open(self, block: Text, offset: int) -> None:
        """Takes a block, which begins at `offset` in its document."""
        self.block = block
        self.size = len(block.data)
        self.offset = offset

    def next_tag(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Finds the next tag from `i` on; comments and instructions are passed over."""
        c: cython.uchar
        while True:
            while i < self.size and self.block.data[i] != 60:  # <
                i += 1
            if i + 1 >= self.size:
                return _CUT_OFF
            c = self.block.data[i + 1]
            if c == 47:  # /
                return self.closing_tag(i + 2)
            if c not in {33, 63}:  # ! ?
                return self.opening_tag(i + 1)
            i = self.pass_over(i)
            if i < 0:
                return i

    def closing_tag(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Reads a closing tag whose name begins at `i`."""
        c: cython.uchar
        self.tag = CLOSING
        i = self.take_name(i)
        while i < self.size:
            c = self.block.data[i]
            i += 1
            if c == 62:  # >
                return i
            if c > 32:
                return refuse_markup(self.offset + i - 1)
        return _CUT_OFF

    def take_name(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Reads the name at `i`; returns the position behind it."""
        c: cython.uchar
        self.name = 0
        self.name_size = 0
        while i < self.size:
            c = self.block.data[i]
            if c <= 32 or c in {62, 47}:  # > /
                return i
            if c == 58:  # :
                self.name = 0
                self.name_size = 0
            else:
                self.name = ((self.name & _LOW_SEVEN_BYTES) << 8) | c
                self.name_size += 1
            i += 1
        return i

    def opening_tag(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Reads an opening or empty tag whose name begins at `i`, with its attributes."""
        c: cython.uchar
        quote: cython.uchar
        name: cython.Py_ssize_t
        name_end: cython.Py_ssize_t
        self.tag = OPENING
        self.first_r = self.first_s = self.first_t = -1
        i = self.take_name(i)
        while i < self.size:
            c = self.block.data[i]
            if c == 62:
                if self.name_size == 0:
                    return refuse_markup(self.offset + i)
                return i + 1
            if c == 47:
                if i + 1 >= self.size:
                    return _CUT_OFF
                if self.block.data[i + 1] != 62:
                    return refuse_markup(self.offset + i)
                self.tag = EMPTY
                return i + 2
            if c <= 32:
                i += 1
                continue
            name = i
            while i < self.size and self.block.data[i] != 61:  # =
                if self.block.data[i] in {60, 62}:
                    return refuse_markup(self.offset + i)
                i += 1
            name_end = i
            while name_end > name and self.block.data[name_end - 1] <= 32:
                name_end -= 1
            i += 1
            while i < self.size and self.block.data[i] <= 32:
                i += 1
            if i >= self.size:
                return _CUT_OFF
            quote = self.block.data[i]
            if quote not in {34, 39}:
                return refuse_markup(self.offset + i)
            i += 1
            c = self.block.data[name]
            if name_end - name == 1 and c in {114, 115, 116}:  # r s t
                name_end = i
                while i < self.size and self.block.data[i] != quote:
                    i += 1
                if c == 114:
                    self.first_r = name_end
                    self.last_r = i
                elif c == 115:
                    self.first_s = name_end
                    self.last_s = i
                else:
                    self.first_t = name_end
                    self.last_t = i
            else:
                while i < self.size and self.block.data[i] != quote:
                    i += 1
            i += 1
        return _CUT_OFF

    def pass_over(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Passes over a comment, an instruction or a CDATA section at `i`.

        Raises:
            FormatError: it is none of these.
        """
        if self.block.data[i + 1] == 63:
            return self.behind(i + 2, 63, 63)
        if i + 9 > self.size:
            return _CUT_OFF
        if self.block.data[i + 2] == 45 and self.block.data[i + 3] == 45:
            return self.behind(i + 4, 45, 45)
        if self.is_cdata(i):
            return self.behind(i + 9, 93, 93)
        return refuse_markup(self.offset + i)

    def is_cdata(self, i: cython.Py_ssize_t) -> cython.bint:
        """Whether a CDATA section begins at `i`."""
        return (
            i + 9 <= self.size
            and self.block.data[i + 2] == 91
            and self.block.data[i + 3] == 67
            and self.block.data[i + 8] == 91
        )

    def behind(self, i: cython.Py_ssize_t, last: cython.uchar, before: cython.uchar) -> cython.Py_ssize_t:
        """The position behind the next `>` that follows these two bytes (one, where they are `?`)."""
        i += 1 if last == 63 else 2
        while i < self.size:
            if (
                self.block.data[i] == 62
                and self.block.data[i - 1] == last
                and (last == 63 or self.block.data[i - 2] == before)
            ):
                return i + 1
            i += 1
        return _CUT_OFF

    def is_named(self, name: cython.ulonglong, size: cython.Py_ssize_t) -> cython.bint:
        """Whether the tag's name is this one, given as `name` and `name_size` are."""
        return self.name == name and self.name_size == size

    def skip_element(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Passes over what the opening tag that ends at `i` opens, with all that is in it."""
        depth: cython.int = 1
        while depth > 0:
            i = self.next_tag(i)
            if i < 0:
                return i
            if self.tag == OPENING:
                depth += 1
            elif self.tag == CLOSING:
                depth -= 1
        return i

    def plain_end(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The end of the text at `i` where every byte means itself and its closing tag follows; else -1."""
        c: cython.uchar
        while i < self.size:
            c = self.block.data[i]
            if c == 60:
                return i if i + 1 < self.size and self.block.data[i + 1] == 47 else -1
            if c >= 128 or c in {38, 13, 95, 0}:
                return -1
            i += 1
        return -1

    def copy_text(self, i: cython.Py_ssize_t, out: Buffer) -> cython.Py_ssize_t:
        """Appends the text from `i` up to the closing tag of its element; returns the position behind that.

        Line ends are made LF, elements within are passed over.
        """
        start: cython.Py_ssize_t = i
        c: cython.uchar
        while i < self.size:
            c = self.block.data[i]
            if c not in {60, 38, 13}:
                i += 1
                continue
            out.put_slice(self.block, start, i)
            if c == 38:
                i = self.copy_entity(i, out)
            elif c == 13:
                if i + 1 >= self.size:
                    return _CUT_OFF
                i += 1
                if self.block.data[i] != 10:
                    out.put_byte(10)
            elif self.is_cdata(i):
                start = i + 9
                i = self.behind(start, 93, 93)
                if i >= 0:
                    put_lines(self.block, start, i - 3, out)
            elif i + 1 < self.size and self.block.data[i + 1] in {33, 63}:
                i = self.pass_over(i)
            else:
                i = self.next_tag(i)
                if i < 0 or self.tag == CLOSING:
                    return i
                if self.tag == OPENING:
                    i = self.skip_element(i)
            if i < 0:
                return i
            start = i
        return _CUT_OFF

    def copy_entity(self, i: cython.Py_ssize_t, out: Buffer) -> cython.Py_ssize_t:
        """Appends the character that the reference at `i` stands for."""
        end: cython.Py_ssize_t = i + 1
        point: cython.long = 0
        digit: cython.int
        c: cython.uchar
        while end < self.size and self.block.data[end] != 59:  # ;
            if end - i > 12:
                return refuse_markup(self.offset + i)
            end += 1
        if end >= self.size:
            return _CUT_OFF
        if end - i < 3:
            return refuse_markup(self.offset + i)
        c = self.block.data[i + 1]
        if c == 35:  # #
            i += 2
            if self.block.data[i] == 120:  # x
                i += 1
                while i < end:
                    digit = hex_digit(self.block.data[i])
                    if digit < 0:
                        return refuse_markup(self.offset + i)
                    point = point * 16 + digit
                    i += 1
            else:
                while i < end:
                    if not 48 <= self.block.data[i] <= 57:
                        return refuse_markup(self.offset + i)
                    point = point * 10 + (self.block.data[i] - 48)
                    i += 1
            if point > 0x10FFFF or 0xD800 <= point < 0xE000:
                return refuse_markup(self.offset + i)
            put_character(point, out)
            return end + 1
        point = named_entity(self.block, i + 1, end)
        if point == 0:
            return refuse_markup(self.offset + i)
        out.put_byte(cython.cast(cython.int, point))
        return end + 1


def refuse_markup(position: cython.longlong) -> cython.Py_ssize_t:
    """Raises FormatError: here is no XML. Takes the GIL."""
    raise FormatError(
        f"the XML inside the workbook is broken at byte {position:,} of its part",
        hint="open the file in a spreadsheet program, which may repair it, and save it again",
    )
