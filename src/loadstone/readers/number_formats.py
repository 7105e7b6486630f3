"""Which number formats of a workbook show a number as a date or a time: that is all that makes it one."""

from __future__ import annotations

import re

from loadstone.codec.sheetnumbers import DATE_PART, ELAPSED, TELLING, TIME_PART

__all__ = ["built_in_kind", "format_kind"]

_BOTH = DATE_PART + TIME_PART
#: Formats that have a number and no code. 27 to 36 and 50 to 58 show dates in East Asian languages, some of
#: them times in one language and dates in the other: there the number tells.
_BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), DATE_PART),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), TIME_PART),
    22: _BOTH,
    46: ELAPSED,
    **dict.fromkeys((32, 33, 34, 35, 55, 56), TELLING),
}

_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
#: What a code shows as it stands: quoted text, escaped and filling characters, spaces as wide as a character,
#: colours, conditions and languages.
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]?', re.DOTALL)
_DAY = re.compile(r"[yd]", re.IGNORECASE)
_CLOCK = re.compile(r"[hs]|am/pm|a/p", re.IGNORECASE)
_MONTH = re.compile(r"m", re.IGNORECASE)


def built_in_kind(number: int) -> int:
    """The kind (codec.sheetnumbers) of a format that has a number and no code; 0 where it shows a number."""
    return _BUILT_IN.get(number, 0)


def format_kind(code: str) -> int:
    """The kind of a format's code, such as `yyyy-mm-dd`; 0 where it shows a number.

    What positive numbers are shown with decides: the code's first section.
    """
    section = _first_section(code)
    is_elapsed = _ELAPSED.search(section) is not None
    letters = _LITERAL.sub("", section)
    if letters.strip().lower() in {"general", "standard", "@"}:
        return 0
    has_day = _DAY.search(letters) is not None
    has_clock = _CLOCK.search(letters) is not None
    if is_elapsed and not has_day:
        return ELAPSED
    if not has_day and not has_clock:
        return DATE_PART if _MONTH.search(letters) else 0
    return (DATE_PART if has_day else 0) + (TIME_PART if has_clock else 0)


def _first_section(code: str) -> str:
    """The code up to the first semicolon that is not literal."""
    position = 0
    while position < len(code):
        if code[position] == ";":
            return code[:position]
        literal = _LITERAL.match(code, position)
        position = literal.end() if literal else position + 1
    return code
