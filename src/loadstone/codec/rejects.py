"""Sentences for rejected rows: what `findings` noted as numbers becomes `Reject` values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from loadstone.codec.codes import CODES
from loadstone.model.batch import RAW_LIMIT, Reject
from loadstone.model.contract import Column

__all__ = ["NOTE_SIZE", "REJECT_SIZE", "VALUE_LIMIT", "Reason", "Sentences", "build_rejects", "quoted"]

#: Bytes of a failing cell's text that are kept for its sentence.
VALUE_LIMIT = 256
#: Characters of it that are shown.
SHOWN = 60
# Reasons that are kept for the next time: what is wrong with a file is mostly the same again and again.
_KNOWN_LIMIT = 1024
# What stands for the value and the number in a sentence whose other words are known.
_VALUE = "\0v"
_DETAIL = "\0d"
#: Integers per note: column, code, start and end of the value, detail.
NOTE_SIZE = 5
#: Integers per rejected record: row, line, offset, length, number of notes up to and with its own.
REJECT_SIZE = 5

#: Name of the column, or None for the record; name of the code; sentence.
Reason: TypeAlias = tuple[str | None, str, str]


def quoted(value: bytes) -> str:
    """A cell's text in quotes, shortened, without anything that a terminal would obey."""
    text = value.decode("utf-8", "backslashreplace")
    if len(text) > SHOWN:
        text = text[: SHOWN - 1] + "…"
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f"'{text}'"


class Sentences:
    """Makes a column name, a code's name and a sentence of what was noted about a failing cell.

    Args:
        columns: the contract's columns in the order of the tuples.
        limits: what a reason compares with, by column (-1 for the record) and code.
    """

    def __init__(self, columns: Sequence[Column], limits: Mapping[tuple[int, int], object]) -> None:
        self._columns = columns
        self._limits = limits
        self._prepared: dict[tuple[int, int], Reason] = {}
        self._known: dict[tuple[int, int, bytes, int], Reason] = {}

    def of(self, column: int, code: int, value: bytes, detail: int) -> Reason:
        """Name of the column, or None for the record; name of the code; sentence."""
        note = (column, code, value, detail)
        reason = self._known.get(note)
        if reason is None:
            if len(self._known) == _KNOWN_LIMIT:
                self._known.clear()
            reason = self._known[note] = self._fill(*note)
        return reason

    def _fill(self, column: int, code: int, value: bytes, detail: int) -> Reason:
        prepared = self._prepared.get((column, code))
        if prepared is None:
            prepared = self._prepared[column, code] = self._prepare(column, code)
        name, code_name, sentence = prepared
        if _DETAIL in sentence:
            sentence = sentence.replace(_DETAIL, f"{detail:,}")
        return name, code_name, sentence.replace(_VALUE, quoted(value))

    def _prepare(self, column: int, code: int) -> Reason:
        code_name, sentence = CODES[code]
        owner = self._columns[column] if column >= 0 else None
        kind = owner.type.sql if owner else ""
        limit = self._limits.get((column, code), "")
        filled = sentence.format(
            value=_VALUE, detail=_DETAIL, type=kind, element=kind.removesuffix("[]"), limit=limit
        )
        return owner.name if owner else None, code_name, filled


def build_rejects(
    found: tuple[list[int], list[int], bytes],
    sentences: Sentences,
    text: memoryview,
    text_offset: int,
    raws: Mapping[int, bytes],
) -> list[Reject]:
    """One `Reject` per record in `found`.

    Args:
        found: from `Findings.take`.
        sentences: for the columns of the plan.
        text: the block that holds the records.
        text_offset: where it begins in the file.
        raws: raw text of records that are not in the block any more, by row number.
    """
    records, notes, values = found
    reasons = (
        sentences.of(column, code, values[start:end], detail)
        for column, code, start, end, detail in _grouped(notes, NOTE_SIZE)
    )
    rejects: list[Reject] = []
    notes_before = 0
    for row, line, offset, length, notes_end in _grouped(records, REJECT_SIZE):
        column_name, code_name, reason = next(reasons)
        others: tuple[tuple[str, str, str], ...] = ()
        if (further := notes_end - notes_before - 1) > 0:
            others = tuple((name or "", c, why) for name, c, why in islice(reasons, further))
        notes_before = notes_end
        raw = raws.get(row)
        if raw is None:
            begin = offset - text_offset
            raw = bytes(text[begin : begin + min(length, RAW_LIMIT)])
        rejects.append(Reject(row, line, offset, length, column_name, code_name, reason, raw, others))
    return rejects


def _grouped(numbers: list[int], size: int) -> Iterator[tuple[int, ...]]:
    """Each `size` numbers as one tuple: `zip` takes them in turn from one and the same iterator."""
    return zip(*[iter(numbers)] * size, strict=True)
