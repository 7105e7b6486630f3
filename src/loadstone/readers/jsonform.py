"""Which form a JSON file has, told by its beginning, and the codec's encoder for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loadstone.codec.jsonlines import JsonLinesEncoder
from loadstone.codec.jsonstream import JsonEncoder
from loadstone.codec.jsontext import value_end

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadstone.model.contract import LoadPlan

__all__ = ["Form", "JsonShape", "find_form"]

#: `lines`: one object per line; `array`; `documents`: one value, or several one behind the other.
Form = Literal["lines", "array", "documents"]


@dataclass(frozen=True, slots=True)
class JsonShape:
    """How the records of a JSON file are written.

    Attributes:
        form: as in `Form`.
        path: where the records stand in a document (`model.records_path`).
        separator: between the keys of flattened objects; None where they stay as they are.
        takes_values: whether each record is a value, rather than an object.
        max_record_bytes: the longest record.
    """

    form: Form
    path: tuple[str | None, ...] = ()
    separator: str | None = None
    takes_values: bool = False
    max_record_bytes: int = 16 * 1024 * 1024

    @classmethod
    def of_record(cls, dialect: Mapping[str, object]) -> JsonShape:
        """For single records, of a file whose dialect the ledger has."""
        separator = dialect.get("separator") if dialect.get("nested") == "flatten" else None
        return cls(
            "documents" if dialect.get("format") == "json" else "lines",
            separator=None if separator is None else str(separator),
            takes_values=bool(dialect.get("values")),
        )

    def encoder(
        self, plan: LoadPlan, *, line: int = 1, row: int = 1, offset: int = 0
    ) -> JsonLinesEncoder | JsonEncoder:
        """An encoder whose first record is at that place."""
        if self.form == "lines":
            return JsonLinesEncoder(
                plan,
                first_line=line,
                first_row=row,
                first_offset=offset,
                max_record_bytes=self.max_record_bytes,
                separator=self.separator,
            )
        return JsonEncoder(
            plan,
            path=self.path,
            first_line=line,
            first_row=row,
            first_offset=offset,
            max_record_bytes=self.max_record_bytes,
            separator=self.separator,
            takes_values=self.takes_values,
        )


def find_form(head: bytes, *, is_whole: bool, says_lines: bool) -> Form:
    """The form of a file that begins with `head`.

    An object that ends with its line is the first of JSON Lines, any other the first of several documents. An
    array is one, unless the file's name says lines and another line follows the one on which it ends.

    Args:
        head: the file's beginning, without white space in front.
        is_whole: whether it is all of the file.
        says_lines: whether the file's name is one of JSON Lines.
    """
    line, _, rest = head.partition(b"\n")
    if head[:1] == b"[":
        ends_with_line = value_end(line) is not None and not line[value_end(line) :].strip()
        return "lines" if says_lines and ends_with_line and rest.strip() else "array"
    if head[:1] != b"{":
        return "documents"
    end = value_end(line)
    if end is not None:
        return "documents" if line[end:].strip() else "lines"
    if value_end(head) is not None:
        return "documents"
    # Broken, or longer than what is in sight: the second line tells.
    if rest.lstrip(b" \t")[:1] in {b"{", b"\n", b"\r"} or (says_lines and (is_whole or not rest)):
        return "lines"
    return "documents"
