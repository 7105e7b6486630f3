"""How a value is written: the one form that a text has, whatever column it stands in."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

__all__ = ["BARE", "DATE_FORMS", "FORM_NAMES", "NUMBERS", "form_of"]

#: Forms that are numbers.
NUMBERS = frozenset({"whole", "decimal", "exponent"})
#: A number beside others that show a fraction or the sign of an exponent; `12e5` alone could name a thing.
BARE = "bare_exponent"
#: Forms that are dates in another order than that of ISO 8601.
DATE_FORMS = frozenset({"local_date", "local_timestamp"})

#: What people call values of a form.
FORM_NAMES = {
    "whole": "whole numbers",
    "decimal": "decimal numbers",
    "exponent": "numbers with an exponent",
    "bare_exponent": "whole numbers with a bare exponent",
    "leading_zeros": "numbers with leading zeros",
    "plus_sign": "numbers with a plus sign",
    "true_false": "true or false",
    "t_f": "t or f",
    "yes_no": "yes or no",
    "date": "dates",
    "timestamp": "timestamps",
    "timestamptz": "timestamps with a time zone",
    "local_date": "dates",
    "local_timestamp": "dates with a time",
    "uuid": "UUIDs",
    "json": "JSON objects or arrays",
    "inet": "IP addresses",
    "other": "text",
}

_MINUTES = r":[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_CLOCK = rf"(?:[01][0-9]|2[0-3]){_MINUTES}"
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HALVES = (
    rf"(?:[ T](?:[01]?[0-9]|2[0-3]){_MINUTES}|[ ](?:0?[1-9]|1[0-2]):[0-5][0-9](?::[0-5][0-9])?[ ]?[AaPp][Mm])"
)
_MONTH_NAME = r"[0-9]{1,2}[ -][A-Za-z]{3,9}[ -][0-9]{4}|[A-Za-z]{3,9} [0-9]{1,2}, [0-9]{4}"
# Longer numbers than PostgreSQL's numeric could be asked for are no numbers to anyone.
_INTEGER = r"(?:0|-?[1-9][0-9]{0,99})"


@cache
def _pattern(decimal: str) -> re.Pattern[str]:
    point = re.escape(decimal)
    real = rf"-?(?:(?:0|[1-9][0-9]{{0,99}}){point}[0-9]{{1,99}}|{point}[0-9]{{1,99}})"
    alternatives = {
        "whole": _INTEGER,
        "decimal": real,
        "bare_exponent": rf"{_INTEGER}[eE][0-9]{{1,3}}",
        "exponent": rf"(?:{_INTEGER}|{real})[eE][+-]?[0-9]{{1,3}}",
        "leading_zeros": rf"[+-]?0[0-9]+(?:{point}[0-9]+)?",
        "plus_sign": rf"\+[0-9]+(?:{point}[0-9]+)?",
        "true_false": "true|false|TRUE|FALSE|True|False",
        "t_f": "[tf]|[TF]",
        "yes_no": "yes|no|YES|NO|Yes|No",
        "date": _ISO,
        "timestamp": rf"{_ISO}[T ]{_CLOCK}",
        "timestamptz": rf"{_ISO}[T ]{_CLOCK} ?(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)",
        "uuid": "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "json": r"\{.*\}|\[.*\]",
        "inet": r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f:]*:[0-9a-f.]*",
    }
    groups = [f"(?P<{name}>{alternative})" for name, alternative in alternatives.items()]
    for name, tail in (("local_date", ""), ("local_timestamp", _HALVES)):
        groups.append(f"(?P<{name}>(?:{_day(name)}|{_MONTH_NAME}){tail})")
    return re.compile("|".join(groups), re.DOTALL)


def _day(name: str) -> str:
    """A date in numbers, with the same separator twice."""
    return (
        rf"[0-9]{{1,2}}(?P<{name}_a>[/.-])[0-9]{{1,2}}(?P={name}_a)[0-9]{{4}}"
        rf"|[0-9]{{4}}(?P<{name}_b>[/.])[0-9]{{1,2}}(?P={name}_b)[0-9]{{1,2}}"
    )


def form_of(text: str, decimal: str = ".") -> str:
    """The form of a trimmed value; `other` where it has none that says more than text."""
    match = _pattern(decimal).fullmatch(text)
    if match is None:
        return "other"
    name = match.lastgroup or "other"
    return name if _holds(name, text) else "other"


def _holds(name: str, text: str) -> bool:
    """What a pattern cannot tell: whether a day exists, JSON is whole, a number has a size."""
    if name in {"date", "timestamp", "timestamptz"}:
        try:
            date.fromisoformat(text[:10])
        except ValueError:
            return False
    elif name in {"exponent", BARE}:
        return abs(float(text.replace(",", "."))) < float("inf")
    elif name == "json":
        return _is_json(text)
    elif name == "inet":
        return _is_address(text)
    return True


def _is_json(text: str) -> bool:
    import json  # noqa: PLC0415 - few files hold any

    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _is_address(text: str) -> bool:
    """Whether the address is written as PostgreSQL gives it back, so that nothing of the text is lost."""
    import ipaddress  # noqa: PLC0415 - few files hold any

    try:
        return str(ipaddress.ip_address(text)) == text
    except ValueError:
        return False
