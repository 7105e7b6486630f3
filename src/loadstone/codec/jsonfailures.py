"""Why a JSON file as a whole cannot be read: the number of each reason, its sentence and its way out."""

from __future__ import annotations

from loadstone.errors import FormatError

__all__ = [
    "BEYOND_REPAIR",
    "BROKEN_DOCUMENT",
    "CUT_OFF",
    "TOKEN_TOO_LONG",
    "TRAILING_TEXT",
    "json_failure",
]

CUT_OFF = 1
TRAILING_TEXT = 2
BROKEN_DOCUMENT = 3
BEYOND_REPAIR = 4
TOKEN_TOO_LONG = 5

_FAILURES = {
    CUT_OFF: (
        "the file ends on line {line:,}, and what it opened is not closed",
        "it was cut off on its way: let it be delivered again",
    ),
    TRAILING_TEXT: (
        "text follows the array on line {line:,} (byte {offset:,})",
        "one array is a whole file; separate objects need no array around them",
    ),
    BROKEN_DOCUMENT: (
        "the file is not valid JSON on line {line:,} (byte {offset:,})",
        "what is wrong stands around the records, so that they cannot be told apart from there on",
    ),
    BEYOND_REPAIR: (
        "the element that begins on line {line:,} (byte {offset:,}) is broken, and where it ends is unclear",
        "one element per line, or one object per line without an array, keeps the others readable",
    ),
    TOKEN_TOO_LONG: (
        "a string on line {line:,} (byte {offset:,}) is longer than max_record_bytes",
        "give `format: {{max_record_bytes: ...}}` a larger number",
    ),
}


def json_failure(failure: int, line: int, offset: int) -> FormatError:
    """The error for a failure at a place in the decompressed text."""
    what, hint = _FAILURES[failure]
    return FormatError(what.format(line=line, offset=offset), hint=hint.format())
