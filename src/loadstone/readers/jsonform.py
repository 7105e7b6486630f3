"""Which form a JSON file has, told by its beginning, and the codec's encoder for it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loadstone.codec.jsonlines import JsonLinesEncoder
from loadstone.codec.jsonstream import JsonEncoder
from loadstone.codec.jsontext import value_end
from loadstone.core.sniffing.decision import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadstone.codec.jsonmembers import Member
    from loadstone.model.contract import LoadPlan
    from loadstone.readers.encodings import Encoding

__all__ = ["Form", "JsonShape", "find_form", "form_decision", "json_encoding", "one_document"]

#: Bytes that are looked at to tell the encoding.
_LOOK = 64 * 1024
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


def form_decision(form: Form, *, records: int, objects: int, is_complete: bool, says_lines: bool) -> Decision:
    """How surely a file has its form, and why.

    Args:
        form: of the file.
        records: that its beginning shows: lines that are not blank, elements or documents.
        objects: how many of them are JSON objects.
        is_complete: whether it has no others.
        says_lines: whether the file's name is one of JSON Lines.
    """
    if form == "array":
        return Decision(form, 1.0, "the text begins with '[': the elements of the array are the records")
    if form == "documents":
        if is_complete and records == 1:
            return Decision(form, 1.0, "the file is one value")
        return Decision(form, 0.9, "values stand one behind the other, not each on a line of its own")
    which = "" if is_complete else "first "
    evidence = f"{objects:,} of the {which}{records:,} lines are JSON objects"
    if records == 1:
        evidence = f"the {which or 'only '}line is {'a' if objects else 'no'} JSON object"
    share = objects / records if records else 0.0
    if says_lines:
        return Decision(form, max(share, 0.5), f"{evidence}, and the name says so")
    return Decision(form, share, evidence)


def json_encoding(encoding: Encoding, head: memoryview) -> Decision:
    """How surely JSON has its encoding, and why: UTF-8, unless a mark or zero bytes tell otherwise."""
    decision = encoding.decision
    if encoding.name == "utf-8" and not encoding.mark:
        try:
            codecs.utf_8_decode(head[:_LOOK], "strict", False)  # which lets its last character be cut off
        except UnicodeDecodeError:
            evidence = "JSON is UTF-8, though this text has bytes that are not: their records are rejected"
            return Decision(encoding.name, 0.5, evidence)
    return decision


def one_document(members: Mapping[str, Member]) -> dict[str, Decision]:
    """Of a file that is one object, where its records could be."""
    lists = [name for name, member in members.items() if member.raw.startswith("[")]
    if not lists:
        return {}
    evidence = f"the object is taken for one record; `format: {{records: $.{lists[0]}}}` takes the list in it"
    return {"records": Decision("$", 0.5, evidence)}
