"""Mended rows as JSON Lines: `_row`, `_line` and `_reason` as the first keys of each object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from loadstone.core.mended_record import MendedRecord
from loadstone.errors import FormatError
from loadstone.model.batch import Reject

__all__ = ["read_jsonl", "write_jsonl"]

# Cut off as text, so that numbers keep their digits and keys their order.
_PREFIX = re.compile(
    rb'\s*\{\s*"_row"\s*:\s*(\d+)\s*,\s*"_line"\s*:\s*(\d+)\s*,\s*"_reason"\s*:\s*"(?:[^"\\]|\\.)*"\s*(,|(?=\}))'
)
#: Instead of keys, where the record is no JSON object at all.
_RAW = "_raw"


def write_jsonl(rejects: Iterable[Reject]) -> Iterator[bytes]:
    """A line for each reject; what is no object, or broken and over lines, stands in `_raw`."""
    for reject in rejects:
        reason = f"{reject.column}: {reject.reason}" if reject.column else reject.reason
        prefix = (
            f'{{"_row": {reject.row_number}, "_line": {reject.line_number}, '
            f'"_reason": {json.dumps(reason, ensure_ascii=False)}'
        ).encode("utf-8", "replace")
        raw = _on_one_line(reject.raw.strip())
        if raw.startswith(b"{") and b"\n" not in raw:
            rest = raw[1:].lstrip()
            yield prefix + (b"" if rest.startswith(b"}") else b", ") + rest + b"\n"
        else:
            text = json.dumps(raw.decode("utf-8", "surrogateescape"))
            yield prefix + f', "{_RAW}": {text}}}'.encode() + b"\n"


def _on_one_line(raw: bytes) -> bytes:
    """An object that goes over lines on one, where its line ends are white space between its values."""
    if b"\n" not in raw:
        return raw
    try:
        json.loads(raw)
    except ValueError:  # a line end may be part of a text that is broken: `_raw` keeps it
        return raw
    return re.sub(rb"[ \t]*[\r\n]+[ \t]*", b" ", raw)


def read_jsonl(text: bytes, where: str) -> Iterator[MendedRecord]:
    """The records without our keys."""
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", text), start=1):
        if not line.strip():
            continue
        match = _PREFIX.match(line)
        if match is None:
            raise FormatError(
                f"line {number:,} does not begin with the keys _row, _line and _reason",
                where=where,
                hint="leave these three keys as they are, and in their place",
            )
        yield MendedRecord(int(match[1]), int(match[2]), _own(line[match.end() :].strip()))


def _own(rest: bytes) -> bytes:
    if rest.startswith(f'"{_RAW}"'.encode()):
        try:
            raw = json.loads(b"{" + rest)[_RAW]
        except (ValueError, KeyError):
            return b"{" + rest
        if isinstance(raw, str):
            return raw.encode("utf-8", "surrogateescape")
    return b"{" + rest
