"""Delimited text into cells as Python strings: for headers, samples and all that is decided from them."""

from __future__ import annotations

from typing import NamedTuple

from loadstone.codec.buffers import Text
from loadstone.codec.tokens import INCOMPLETE, NEXT_RECORD, Tokenizer

__all__ = ["SampledRecord", "split_record", "split_records"]

#: In a sample, a record is not expected to be longer: a quote that never closes costs no more to look at.
_LONGEST = 32 * 1024


class SampledRecord(NamedTuple):
    """One record of a sample.

    Attributes:
        cells: its cells, undecodable bytes replaced; None for an unquoted empty one. One cell, its physical
            line, where quotes are broken; none for a blank line.
        start: where it begins in the text, in bytes.
        end: where the next one begins.
        is_broken: whether it has broken quotes.
    """

    cells: list[str | None]
    start: int
    end: int
    is_broken: bool


def split_record(
    text: bytes | bytearray | memoryview,
    delimiter: bytes,
    quote: bytes | None,
    escape: bytes | None = None,
    *,
    final: bool = False,
) -> tuple[list[str | None], int]:
    """The cells of the record that `text` begins with, and how many bytes it takes with its line ending.

    An unquoted empty cell is None. Where the record goes on beyond the text, and `final` does not say that
    nothing follows, its cells so far come with 0 bytes. A record with broken quotes is one cell, its first
    physical line.

    Raises:
        UnicodeDecodeError: the record is not UTF-8.
    """
    tokenizer = Tokenizer(delimiter, quote, escape, len(text) + 1)
    tokenizer.open(Text(text), final)
    cells, what, position, _ = tokenizer.read_record(0)
    if what == NEXT_RECORD:
        return cells, position
    if what == INCOMPLETE:
        return cells, 0
    end = tokenizer.first_line_end()
    if end < 0:
        return cells, 0
    return [bytes(text[:end]).rstrip(b"\r\n").decode()], end


def split_records(
    text: bytes,
    delimiter: bytes,
    quote: bytes | None,
    escape: bytes | None = None,
    *,
    final: bool,
    limit: int,
    start: int = 0,
    comment: bytes | None = None,
) -> list[SampledRecord]:
    """Up to `limit` records, blank lines among them, as the encoder will find them; only complete ones.

    Args:
        text: the sample.
        delimiter: as the encoder takes it, as are quote and escape.
        quote: what a cell may stand within.
        escape: what takes the next character as it is.
        final: whether nothing follows the text.
        limit: how many records at most.
        start: where the first record begins.
        comment: a line that begins with this character is left out, as a blank one is.

    Raises:
        ValueError: delimiter, quote and escape cannot be such.
    """
    tokenizer = Tokenizer(delimiter, quote, escape, min(len(text) + 1, _LONGEST))
    tokenizer.open(Text(text), final)
    read_record = tokenizer.read_record
    records: list[SampledRecord] = []
    size = len(text)
    blank = b"\r\n" + (comment or b"")
    while start < size and len(records) < limit:
        if text[start] in blank:
            end = tokenizer.first_line_end(start)
            if end < 0:
                break
            records.append(SampledRecord([], start, end, is_broken=False))
            start = end
            continue
        cells, what, end, _ = read_record(start, "replace")
        is_broken = what != NEXT_RECORD
        if what == INCOMPLETE:
            break
        if is_broken:
            end = tokenizer.first_line_end(start)
            if end < 0:
                break
            cells = [text[start:end].rstrip(b"\r\n").decode("utf-8", "replace")]
        records.append(SampledRecord(cells, start, end, is_broken))
        start = end
    return records
