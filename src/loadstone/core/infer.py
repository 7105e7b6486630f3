"""PostgreSQL types from sample cells: only what every value proves, text for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable

from loadstone.model.types import PgType, parse_type

__all__ = ["infer_json_type", "infer_type"]

_INT8 = 2**63

# In the order of preference: a type is chosen when each of the sample's values matches its pattern. What
# looks like a number but is a name (leading zeros, a plus sign, more digits than bigint holds) stays text.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("boolean", re.compile(r"true|false|TRUE|FALSE|True|False")),
    ("bigint", re.compile(r"0|-?[1-9][0-9]{0,18}")),
    ("numeric", re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]+)?")),
    (
        "double precision",
        re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?"),
    ),
    ("date", re.compile(r"[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")),
    (
        "timestamp",
        re.compile(
            r"[12][0-9]{3}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
        ),
    ),
    (
        "timestamptz",
        re.compile(
            r"[12][0-9]{3}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
            r" ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
        ),
    ),
    ("uuid", re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
)


def infer_type(cells: Iterable[str | None]) -> PgType:
    """The narrowest type that every given cell fits; `text` where none does or all are NULL or empty."""
    candidates = list(_PATTERNS)
    seen = False
    for cell in cells:
        if not cell:
            continue
        seen = True
        text = cell.strip()
        candidates = [(name, pattern) for name, pattern in candidates if pattern.fullmatch(text)]
        if candidates and candidates[0][0] == "bigint" and not -_INT8 <= int(text) < _INT8:
            candidates = []
        if not candidates:
            break
    return parse_type(candidates[0][0] if seen and candidates else "text")


def infer_json_type(value: str) -> PgType:
    """The type for one JSON value, which is all there is to go by: wide enough for others of its kind."""
    if value[:1] in {"{", "["}:
        return parse_type("jsonb")
    if value[:1] == '"':
        return parse_type("text")
    return parse_type("boolean" if value[:1] in {"t", "f"} else "numeric")
