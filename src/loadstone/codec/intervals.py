"""Intervals as text: what PostgreSQL prints in its four interval styles, and nothing that is ambiguous.

`1 year 2 mons -3 days 04:05:06.7` (postgres), `@ 1 year 3 days 4 hours ago` (postgres_verbose),
`P1Y2M3DT4H5M6.7S` (iso_8601), `+1-2 -3 +4:05:06` (sql_standard). Only seconds may have a fraction.
"""

from __future__ import annotations

import re
import struct

__all__ = ["encode_interval"]

_UNITS = {
    "years": r"(?:years?|yrs?|y)",
    "months": r"(?:mons?|months?)",
    "weeks": r"(?:weeks?|w)",
    "days": r"(?:days?|d)",
    "hours": r"(?:hours?|hrs?|h)",
    "minutes": r"(?:minutes?|mins?)",
    "seconds": r"(?:seconds?|secs?|s)",
}
_CLOCK = r"(?P<clock>(?P<sign>[+-]?)(?P<h>\d+):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d(?:\.\d+)?))?)"


def _quantities(unit: str, pattern: str) -> str:
    number = r"[+-]?\d+(?:\.\d+)?" if unit == "seconds" else r"[+-]?\d+"
    return rf"(?:(?P<{unit}>{number})\s*{pattern}(?:\s+|$))?"


# Compiled by `re` when a file has the first interval: few have any, and it takes a millisecond.
_VERBOSE = (
    r"(?ai)(?P<at>@\s*)?"
    + "".join(_quantities(*item) for item in _UNITS.items())
    + rf"(?:{_CLOCK}\s*)?(?P<ago>ago)?"
)
_ISO = (
    r"(?a)P(?:(?P<years>[+-]?\d+)Y)?(?:(?P<months>[+-]?\d+)M)?(?:(?P<weeks>[+-]?\d+)W)?(?:(?P<days>[+-]?\d+)D)?"
    r"(?:T(?=[+\-\d])(?:(?P<hours>[+-]?\d+)H)?(?:(?P<minutes>[+-]?\d+)M)?(?:(?P<seconds>[+-]?\d+(?:\.\d+)?)S)?)?"
)
_SQL = (
    r"(?a)(?:(?P<years_sign>[+-]?)(?P<years>\d+)-(?P<months>\d+)(?:\s+|$))?"
    rf"(?:(?P<days_sign>[+-]?)(?P<days>\d+)\s+(?={_CLOCK.replace('?P<', '?P<ahead_')}))?(?:{_CLOCK})?"
)


def encode_interval(text: str, precision: int) -> bytes:
    """PostgreSQL's binary form of an interval.

    Raises:
        ValueError: it is not an interval, or ambiguous, or more precise than `precision` digits of a second.
        OverflowError: a field is too large.
    """
    if text in {"0", "@ 0"}:
        return bytes(16)
    for read in (_read_iso, _read_verbose, _read_sql):
        fields = read(text)
        if fields is not None:
            break
    else:
        raise ValueError(text)
    months = fields.get("years", 0) * 12 + fields.get("months", 0)
    days = fields.get("weeks", 0) * 7 + fields.get("days", 0)
    micros = fields["micros"]
    if micros % 10 ** (6 - precision):
        raise ValueError(text)
    try:
        return struct.pack("!qii", micros, days, months)
    except struct.error:
        raise OverflowError(text) from None


def _micros(seconds: str) -> int:
    whole, _, fraction = seconds.partition(".")
    if len(fraction.rstrip("0")) > 6:
        raise ValueError(seconds)
    size = abs(int(whole)) * 1_000_000 + int(fraction[:6].ljust(6, "0"))
    return -size if whole.startswith("-") else size


def _clock(match: re.Match[str]) -> int:
    if not match["clock"]:
        return 0
    size = (int(match["h"]) * 60 + int(match["m"])) * 60_000_000 + _micros(match["s"] or "0")
    return -size if match["sign"] == "-" else size


def _named(match: re.Match[str]) -> dict[str, int]:
    fields = {name: int(match[name]) for name in ("years", "months", "weeks", "days") if match[name]}
    micros = int(match["hours"] or 0) * 3_600_000_000 + int(match["minutes"] or 0) * 60_000_000
    return fields | {"micros": micros + _micros(match["seconds"] or "0")}


def _read_iso(text: str) -> dict[str, int] | None:
    match = re.fullmatch(_ISO, text)
    if not match or not any(match.groups()):
        return None
    return _named(match)


def _read_verbose(text: str) -> dict[str, int] | None:
    match = re.fullmatch(_VERBOSE, text)
    if not match or not any(match[name] for name in (*_UNITS, "clock")):
        return None
    if match["clock"] and (match["hours"] or match["minutes"] or match["seconds"]):
        return None
    fields = _named(match)
    fields["micros"] += _clock(match)
    if match["ago"]:
        fields = {name: -value for name, value in fields.items()}
    return fields


def _read_sql(text: str) -> dict[str, int] | None:
    match = re.fullmatch(_SQL, text)
    if not match or not (match["years"] or match["clock"]):
        return None
    parts = (("years", "years_sign"), ("days", "days_sign"), ("clock", "sign"))
    signs = [match[sign] for part, sign in parts if match[part]]
    if signs[0] == "-" and "" in signs:
        return None  # whether the sign holds for what follows depends on a setting of the server
    years_sign = -1 if match["years_sign"] == "-" else 1
    if match["months"] and int(match["months"]) > 11:
        return None
    return {
        "years": years_sign * int(match["years"] or 0),
        "months": years_sign * int(match["months"] or 0),
        "days": (-1 if match["days_sign"] == "-" else 1) * int(match["days"] or 0),
        "micros": _clock(match),
    }
