"""What rows of a header look like: names, years, groups of columns, units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from loadstone.core.sniffing.kinds import TYPED, KindCache, is_null_word

__all__ = ["are_names", "are_years_above", "is_units", "names_groups", "numbered_names", "typed_columns"]

Row = Sequence[str | None]

_LONGEST_NAME = 63
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNIT = re.compile(r"\[[^\[\]\d]*\]|\([^()\d]*\)")


def numbered_names(first: Row, body: Sequence[Row], kinds: KindCache) -> str | None:
    """Why a row with numbers in it is a header nevertheless; None where it is none."""
    if _is_series(first, kinds):
        return "the first row counts up, as years and numbered columns do"
    if _is_years(first, body, kinds):
        return "the first row holds years, and the rows below do not"
    return None


def _is_series(first: Row, kinds: KindCache) -> bool:
    """Whether the row holds words and whole numbers that count up by one."""
    numbers = [cell for cell in first if cell and kinds[cell] == "number"]
    if (
        len(numbers) < 2
        or len(numbers) == len(first)
        or not all(n.isascii() and n.isdigit() for n in numbers)
    ):
        return False
    values = list(map(int, numbers))
    return all(b - a == 1 for a, b in pairwise(values)) and are_names(first)


def _is_years(first: Row, body: Sequence[Row], kinds: KindCache) -> bool:
    """Whether the row's numbers are years in their order, forwards or backwards, above other numbers."""
    places = [i for i, cell in enumerate(first) if cell and kinds[cell] == "number"]
    years = [str(first[i]) for i in places]
    if len(years) < 2 or len(years) == len(first) or not all(map(_YEAR.fullmatch, years)):
        return False
    is_ordered = all(a < b for a, b in pairwise(years)) or all(a > b for a, b in pairwise(years))
    return is_ordered and are_names(first) and are_years_above(first, body, places)


def are_years_above(first: Row, body: Sequence[Row], places: Sequence[int]) -> bool:
    """Whether the cells at some places are years, and those below them are not."""
    below = [row[i] for row in body for i in places if not is_null_word(row[i])]
    is_above = all(_YEAR.fullmatch(first[i] or "") for i in places)
    return is_above and not all(_YEAR.fullmatch(cell or "") for cell in below)


def names_groups(first: Row, second: Row, body: Sequence[Row], kinds: KindCache) -> bool:
    """Whether a row with gaps, of words or years, stands above the names of columns that hold no words."""
    groups = [cell for cell in first if cell]
    if not groups or any(kinds[cell] in TYPED and not _YEAR.fullmatch(cell) for cell in groups):
        return False
    typed = typed_columns(body, kinds)
    is_named = all(cell and kinds[cell] not in TYPED and not is_null_word(cell) for cell in second)
    return len(typed) >= 2 and is_named


def is_units(row: Row) -> bool:
    """Whether the row holds nothing but units in brackets."""
    filled = [cell.strip() for cell in row if cell and cell.strip()]
    return bool(filled) and all(map(_UNIT.fullmatch, filled))


def are_names(row: Row) -> bool:
    """Whether a row could be names: each a word, none of them twice."""
    names = [(cell or "").strip() for cell in row]
    return all(0 < len(name) <= _LONGEST_NAME for name in names) and len(set(names)) == len(names)


def typed_columns(body: Sequence[Row], kinds: KindCache) -> dict[int, str]:
    """Position -> kind of the columns whose values are nearly all of one kind that is not text."""
    typed = {}
    for position, column in enumerate(zip(*body, strict=True)):
        found = Counter(kinds[cell] for cell in column if not is_null_word(cell))
        if found:
            kind, count = found.most_common(1)[0]
            if kind in TYPED and count >= 0.8 * found.total():
                typed[position] = kind
    return typed
