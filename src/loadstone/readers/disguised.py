"""Text that is something else than its name says: JSON in a `.txt`, a login page in a `.csv`."""

from __future__ import annotations

import re

from loadstone.errors import FormatError

__all__ = ["check_no_markup", "is_json"]

_MARKUP = re.compile(rb"\s*<(!doctype\s+html|html|\?xml)\b", re.IGNORECASE)
_OBJECT = re.compile(rb"[ \t\r\n]*\{[ \t\r\n]*[\"}]")
_ARRAY = re.compile(rb"[ \t\r\n]*\[[ \t\r\n]*\{[ \t\r\n]*[\"}]")


def is_json(head: bytes) -> bool:
    """Whether text begins with a list of objects, or with an object that takes lines of its own."""
    if _ARRAY.match(head):
        return True
    if not _OBJECT.match(head):
        return False
    from loadstone.codec.jsontext import value_end  # noqa: PLC0415 - delimited text rarely begins so

    text = head.lstrip(b" \t\r\n")
    line = text.partition(b"\n")[0].strip()
    if line == b"{":
        return True
    end = value_end(line)
    return end is not None and not line[end:].strip()


def check_no_markup(head: bytes, where: str) -> None:
    """Text that is a page or a document rather than records.

    Raises:
        FormatError: it is.
    """
    if (match := _MARKUP.match(head)) is not None:
        what = "an XML document" if match[1].lower() == b"?xml" else "an HTML page"
        raise FormatError(
            f"the text is {what}, not records",
            where=where,
            hint="was an error or a login page saved under this name? If its lines are wanted as they are, "
            "set `format: {type: csv}`",
        )
