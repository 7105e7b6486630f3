"""Dates that are not written as ISO 8601: in which order, where the values themselves prove one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

__all__ = ["DateOrder", "date_order"]

_NUMBERS = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})[/.-][0-9]{4}(.*)")
_YEAR_FIRST = re.compile(r"[0-9]{4}([/.])[0-9]{1,2}[/.][0-9]{1,2}(.*)")
_NAMED = re.compile(r"[0-9]{1,2}([ -])([A-Za-z]{3,9})([ -])[0-9]{4}(.*)")
_NAMED_FIRST = re.compile(r"([A-Za-z]{3,9}) [0-9]{1,2}, [0-9]{4}(.*)")
_MONTHS = 12
#: More ways of writing in one column are no way at all.
_MOST_FORMATS = 4
_ABBREVIATED = 3


class DateOrder(Struct, frozen=True):
    """How the dates of a column are to be read.

    Attributes:
        formats: strptime formats, tried in order; none where no order is proven.
        type: `date` or `timestamp`.
        why: the proof, or what it lacks.
    """

    formats: tuple[str, ...]
    type: str
    why: str


def date_order(values: Iterable[str]) -> DateOrder:
    """The one order in which all values are dates.

    Day and month are told apart only where some value has a number above 12 in one of their places, and no
    value has one in the other.
    """
    texts = list(values)
    numbers = [match for text in texts if (match := _NUMBERS.fullmatch(text))]
    day_first = next((match[0] for match in numbers if int(match[1]) > _MONTHS), None)
    month_first = next((match[0] for match in numbers if int(match[3]) > _MONTHS), None)
    if day_first and month_first:
        return _none(f"{day_first!r} has the day first, {month_first!r} the month")
    if numbers and not (day_first or month_first):
        return _none(f"nothing shows whether the day or the month comes first, as in {numbers[0][0]!r}")
    first, second = ("%d", "%m") if day_first else ("%m", "%d")
    formats = {_format(text, first, second) for text in texts}
    has_time = {"%H" in one or "%I" in one for one in formats}
    if len(has_time) > 1:
        return _none("some dates have a time, others have none")
    if len(formats) > _MOST_FORMATS:
        return _none("the dates are written in many ways")
    ordered = tuple(sorted(formats))
    for text in texts:
        if not any(_reads(text, one) for one in ordered):
            return _none(f"{text!r} is no date")
    proof = day_first or month_first
    why = "" if proof is None else f"the {'day' if day_first else 'month'} comes first, as {proof!r} proves"
    return DateOrder(ordered, "timestamp" if has_time == {True} else "date", why)


def _none(why: str) -> DateOrder:
    return DateOrder((), "text", why)


def _format(text: str, first: str, second: str) -> str:
    """The format of one value, given the order of day and month."""
    if match := _NUMBERS.fullmatch(text):
        return f"{first}{match[2]}{second}{match[2]}%Y" + _clock(match[4])
    if match := _YEAR_FIRST.fullmatch(text):
        return f"%Y{match[1]}%m{match[1]}%d" + _clock(match[2])
    if match := _NAMED.fullmatch(text):
        return f"%d{match[1]}{_name(match[2])}{match[3]}%Y" + _clock(match[4])
    match = _NAMED_FIRST.fullmatch(text)
    assert match is not None  # noqa: S101 - forms.py lets nothing else through
    return f"{_name(match[1])} %d, %Y" + _clock(match[2])


def _name(month: str) -> str:
    return "%b" if len(month) == _ABBREVIATED else "%B"


def _clock(text: str) -> str:
    if not text:
        return ""
    hours = "%I" if text[-1] in "mM" else "%H"
    out = text[0] + hours + ":%M" + (":%S" if text.count(":") > 1 else "") + (".%f" if "." in text else "")
    if hours == "%I":
        out += " %p" if text[-3] == " " else "%p"
    return out


def _reads(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - the calendar alone is asked
    except ValueError:
        return False
    return True
