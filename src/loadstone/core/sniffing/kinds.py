"""What a cell looks like: a number, a date, plain text, or something that a wrong dialect leaves behind."""

from __future__ import annotations

import re

__all__ = ["NULL_WORDS", "TYPED", "KindCache", "is_null_word"]

#: Kinds that a column's name hardly ever is.
TYPED = frozenset({"number", "date", "time", "flag", "identifier", "address"})

#: What stands for a missing value.
NULL_WORDS = frozenset({"", "-", "--", "?", "n/a", "na", "nan", "nil", "none", "null", "\\n", "#n/a", "."})

_DATE = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d\d)"
    r"|\d{1,2}[- ][A-Za-z]{3,9}\.?[- ,]{1,2}\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}"
)
_TIME = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[APap]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?))?"
_NUMBER = (
    r"[-+]?[$€£¥]? ?(?:\d+(?:[.,]\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:[. ']\d{3})+(?:,\d+)?|\.\d+)"
    r"(?:[eE][+-]?\d+)?(?: ?[%€$£])?"
)
# The order matters: the first that fits the whole cell is its kind.
_KINDS = re.compile(
    rf"(?P<number>{_NUMBER}|\({_NUMBER}\))"
    rf"|(?P<date>(?:{_DATE})(?:[T ,]{{1,2}}(?:{_TIME}))?)"
    rf"|(?P<time>{_TIME})"
    r"|(?P<flag>(?i:true|false|yes|no|[yntf]))"
    r"|(?P<identifier>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?:\d{1,3}\.){3}\d{1,3})"
    r"|(?P<address>[a-z]{2,9}://[^\s\"'|;]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<structure>[\[{].*[\]}])"
    r"|(?P<wrapped>\".*\"|'.*')"
    r"|(?P<torn>[\"'].*|.*\")"
    r"|(?P<padded>\s.*|.*\s)"
    r"|(?P<escaped>.*\\[\"',;|\t].*)"
    r"|(?P<joined>.*(?:[\t\x00-\x08\x0e-\x1f^~]|[,;|](?! )|::).*)"
    r"|(?P<text>.*)",
    re.DOTALL,
)

#: How much a cell of a kind speaks for the dialect that made it.
WEIGHTS = {
    "number": 1.0,
    "date": 1.0,
    "time": 1.0,
    "flag": 1.0,
    "identifier": 1.0,
    "address": 1.0,
    "structure": 0.9,
    "text": 0.85,
    "padded": 0.5,
    "joined": 0.3,
    "escaped": 0.2,
    "wrapped": 0.1,
    "torn": -0.5,
    "empty": 0.5,
}


class KindCache(dict[str | None, str]):
    """The kind of every cell asked for; each text is looked at once."""

    def __missing__(self, cell: str | None) -> str:
        kind = "empty" if not cell else _KINDS.fullmatch(cell[:200]).lastgroup or "text"  # type: ignore[union-attr]
        self[cell] = kind
        return kind


def is_null_word(cell: str | None) -> bool:
    """Whether a cell says that there is no value."""
    return cell is None or cell.strip().lower() in NULL_WORDS
