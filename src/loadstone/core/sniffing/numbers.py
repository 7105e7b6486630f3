"""How numbers are written: which character stands before the fraction, and which between thousands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from msgspec import Struct, structs

__all__ = ["NumberStyle", "amount", "number_styles", "plain_number"]

_PLAIN = re.compile(r"[-+]?\d+")
_COMMA = re.compile(r"[-+]?\d+,\d+")
_POINT = re.compile(r"[-+]?\d+\.\d+")
_GROUPS_POINT = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_GROUPS_COMMA = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_GROUPS_APOSTROPHE = re.compile(r"[-+]?\d{1,3}(?:'\d{3})+(?:[.,]\d+)?")
_GROUPS_BLANK = re.compile(r"[-+]?\d{1,3}(?: \d{3})+(?:[.,]\d+)?")
_THREE = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}")


class NumberStyle(Struct, frozen=True):
    """How the numbers of one column are written.

    Attributes:
        decimal: `.` or `,`; None where the column's values could be read either way.
        thousands: the character between thousands, or None.
        evidence: a value that shows it.
        is_single: whether that is the only one, which may be a slip.
    """

    decimal: str | None
    thousands: str | None
    evidence: str
    is_single: bool = False


def number_styles(
    rows: Sequence[Sequence[str | None]], *, has_semicolons: bool = False
) -> dict[int, NumberStyle]:
    """Position -> style, for columns of numbers that are not written with a decimal point alone.

    What one column proves settles another one whose values could be read both ways, `1,234` or `1.234`, or
    that has only one such value. Beside a decimal point, `12,15` could be a list: it is left undecided.

    Args:
        rows: of the table.
        has_semicolons: whether semicolons separate the cells, as where the comma is the decimal sign.
    """
    styles = {}
    columns = list(zip(*rows, strict=True))
    for position, column in enumerate(columns):
        if _may_have_style(column) and (style := _style(_trimmed(column))) is not None:
            styles[position] = style
    if not styles:
        return styles
    proven = {style.decimal for style in styles.values() if style.decimal and not style.is_single}
    proven |= {"." for column in columns if _is_decimal_point(_trimmed(column))}
    for position, style in list(styles.items()):
        if style.is_single and (len(proven) != 1 or style.decimal not in {None, *proven}):
            del styles[position]
        elif style.decimal is None and len(proven) == 1:
            styles[position] = _settled(style, next(iter(proven)))
        elif style.decimal == "," and style.thousands is None and "." in proven and not has_semicolons:
            styles[position] = structs.replace(style, decimal=None)
    return {position: style for position, style in styles.items() if not _is_plain(style)}


def plain_number(cell: str, decimal: str, thousands: str | None) -> str:
    """A number as PostgreSQL writes it; what is no number in this style will not look like one either."""
    text = cell.strip()
    if _written(decimal, thousands).fullmatch(text):
        plain = text.replace(thousands, "") if thousands else text
        return plain.replace(decimal, ".")
    return f"'{cell}" if _POINT.fullmatch(text) else cell


def amount(cell: str | None) -> float:
    """What a number stands for, its thousands apart or not; 0 where there is none.

    Raises:
        ValueError: it is no number.
    """
    text = (cell or "0").strip().lstrip("$€£").rstrip("€%").strip()
    if _GROUPS_COMMA.fullmatch(text):
        return float(text.replace(",", ""))
    if _GROUPS_BLANK.fullmatch(text):
        text = text.replace(" ", "")
    if "," in text and (_GROUPS_POINT.fullmatch(text) or _COMMA.fullmatch(text)):
        text = text.replace(".", "").replace(",", ".")
    return float(text)


@cache
def _written(decimal: str, thousands: str | None) -> re.Pattern[str]:
    groups = rf"|\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+" if thousands else ""
    return re.compile(rf"[-+]?(?:\d+{groups})(?:{re.escape(decimal)}\d+)?(?:[eE][-+]?\d+)?")


def _is_plain(style: NumberStyle) -> bool:
    """Whether numbers are written as everywhere: `1.234` is a fraction where nothing speaks against it."""
    if style.decimal is None:
        return "." in style.evidence
    return style.decimal == "." and style.thousands is None


def _trimmed(column: Sequence[str | None]) -> list[str]:
    return [cell.strip() for cell in column if cell]


def _may_have_style(column: Sequence[str | None]) -> bool:
    """Whether numbers could be written otherwise than with a decimal point alone: a quick look."""
    together = "\n".join(filter(None, column))
    if any(mark in together for mark in ", '"):
        return True
    if "." not in together:
        return False
    first = next(_marked(cell for cell in column if cell), "")
    return not _POINT.fullmatch(first) or _THREE.fullmatch(first) is not None


def _style(values: Sequence[str]) -> NumberStyle | None:
    """The style of one column; None where it holds other things than numbers, or plain ones alone."""
    marked = list(_marked(values))
    for pattern, thousands, decimal in (
        (_GROUPS_POINT, ".", ","),
        (_GROUPS_COMMA, ",", "."),
        (_COMMA, None, ","),
        (_GROUPS_BLANK, " ", None),
        (_GROUPS_APOSTROPHE, "'", None),
    ):
        if marked and _fit(marked, pattern, decimal):
            found = _proven(marked, thousands, decimal)
            return structs.replace(found, is_single=len(marked) == 1)
    return None


def _marked(values: Iterable[str]) -> Iterator[str]:
    """The values that are more than digits."""
    return (value for value in values if not _PLAIN.fullmatch(value))


def _fit(values: Sequence[str], pattern: re.Pattern[str], decimal: str | None) -> bool:
    if all(map(pattern.fullmatch, values)):
        return True
    if pattern is _COMMA:
        return False
    if decimal is None:
        marks = {mark for value in values for mark in ",." if mark in value}
        if len(marks) > 1 or not any(map(pattern.fullmatch, values)):
            return False
        decimal = marks.pop() if marks else "."
    fraction = _COMMA if decimal == "," else _POINT
    return all(pattern.fullmatch(value) or fraction.fullmatch(value) for value in values)


def _proven(marked: Sequence[str], thousands: str | None, decimal: str | None) -> NumberStyle:
    if decimal is None:
        mark = next((mark for value in marked for mark in ",." if mark in value), ".")
        return NumberStyle(mark, thousands, marked[0])
    if all(_THREE.fullmatch(value) for value in marked):
        # 1,234: thousands, or three digits of a fraction?
        return NumberStyle(None, thousands, marked[0])
    grouped = next((value for value in marked if thousands and thousands in value), None)
    if grouped is None:
        thousands = None
    proof = next((v for v in marked if decimal and decimal in v), grouped or marked[0])
    return NumberStyle(decimal, thousands, proof)


def _settled(style: NumberStyle, decimal: str) -> NumberStyle:
    other = "," if decimal == "." else "."
    mark = next(_marks(style.evidence))
    return NumberStyle(decimal, other if mark == other else None, style.evidence)


def _marks(value: str) -> Iterator[str]:
    return (mark for mark in value if mark in ".,")


def _is_decimal_point(values: Sequence[str]) -> bool:
    """Whether a column of numbers shows a decimal point beyond doubt."""
    if not all(map(_POINT.fullmatch, _marked(values))):
        return False
    marked = list(_marked(values))
    return bool(marked) and not all(map(_THREE.fullmatch, marked))
