"""Sentences for rejected rows: what `findings` noted as numbers becomes `Reject` values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loadstone.codec.codes import CODES
from loadstone.model.batch import RAW_LIMIT, Reject
from loadstone.model.contract import Column

__all__ = ["NOTE_SIZE", "REJECT_SIZE", "VALUE_LIMIT", "Sentences", "build_rejects", "quoted"]

#: Bytes of a failing cell's text that are kept for its sentence.
VALUE_LIMIT = 256
#: Characters of it that are shown.
SHOWN = 60
# What stands for the value and the number in a sentence whose other words are known.
_VALUE = "\0v"
_DETAIL = "\0d"
#: Integers per note: column, code, start and end of the value, detail.
NOTE_SIZE = 5
#: Integers per rejected record: row, line, offset, length, number of notes up to and with its own.
REJECT_SIZE = 5


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
        self._prepared: dict[tuple[int, int], tuple[str | None, str, str]] = {}

    def of(self, column: int, code: int, value: bytes, detail: int) -> tuple[str | None, str, str]:
        """Name of the column, or None for the record; name of the code; sentence."""
        prepared = self._prepared.get((column, code))
        if prepared is None:
            prepared = self._prepared[column, code] = self._prepare(column, code)
        name, code_name, sentence = prepared
        if _DETAIL in sentence:
            sentence = sentence.replace(_DETAIL, f"{detail:,}")
        return name, code_name, sentence.replace(_VALUE, quoted(value))

    def _prepare(self, column: int, code: int) -> tuple[str | None, str, str]:
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
    rejects: list[Reject] = []
    note = 0
    for position in range(0, len(records), REJECT_SIZE):
        row, line, offset, length, notes_end = records[position : position + REJECT_SIZE]
        reasons = []
        while note < notes_end:
            column, code, start, end, detail = notes[note * NOTE_SIZE : note * NOTE_SIZE + NOTE_SIZE]
            reasons.append(sentences.of(column, code, values[start:end], detail))
            note += 1
        raw = raws.get(row)
        if raw is None:
            begin = offset - text_offset
            raw = bytes(text[begin : begin + min(length, RAW_LIMIT)])
        column_name, code_name, reason = reasons[0]
        others = tuple((name or "", c, why) for name, c, why in reasons[1:]) if len(reasons) > 1 else ()
        rejects.append(Reject(row, line, offset, length, column_name, code_name, reason, raw, others))
    return rejects
