"""Which dialects a text could be written in: those whose marks it holds, the likeliest first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from loadstone.core.sniffing.decision import WHITE_SPACE, Dialect

__all__ = ["COMMON", "Told", "candidates", "prior"]

#: What nearly all files are delimited by; looked at wherever they occur.
COMMON = (",", ";", "\t", "|")
_CONTROL = frozenset("\x01\x02\x03\x1c\x1d\x1e\x1f")
_SOLID = frozenset("~^#$&*!%@=+<>?`:")
_WEAK = frozenset("/-._")
#: Beyond ASCII: what is chosen because no text holds it, the lines of drawn tables, and East Asia's commas.
_FOREIGN = frozenset("\xa4\xa6\xa7\xac\xb6\xb7\xf7\u2022\u2016\u2502\u2503\u2551\u3001\uff0c\uff1b\uff5c")
_LINES = 100
_MOST = 9
_LINE_END = re.compile(r"\r\n|\r|\n")
_COMPOUND = re.compile(r"([|;:~^#$&*!%@=+<>?])\1{1,2}|[|~^#$&*!%@=<>][|~^#$&*!%@=<>:;]{1,2}")
_SPACED = re.compile(r" ?[,;|:~^] | [,;|:~^](?! )")


class Told(NamedTuple):
    """What the configuration says; None for what it leaves open."""

    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None


def prior(delimiter: str) -> float:
    """How likely a delimiter is before anything was read."""
    if delimiter == WHITE_SPACE:
        return 0.75
    first = delimiter.strip(" ")[:1]
    if not first:
        return 0.7
    if first in COMMON or first in _CONTROL:
        return 1.0
    if first == ":":
        return 0.7
    return 0.4 if first in _WEAK else 0.85


def candidates(text: str, told: Told) -> list[Dialect]:
    """Dialects whose delimiter occurs on many lines of the text, each with the quotes that it shows."""
    delimiter, quote, escape = told
    found = [delimiter] if delimiter is not None else _delimiters(text)
    quotes = [quote] if quote is not None else _quotes(text, found)
    return [
        Dialect(mark, around, before)
        for mark in found
        for around in quotes
        for before in ([escape] if escape is not None else _escapes(text, mark, around))
        if not (around and around in mark) and not (before and before in mark)
    ]


def _delimiters(text: str) -> list[str]:
    lines = [line for line in _LINE_END.split(text) if line.strip()][: 2 * _LINES]
    # Records with line endings in them are several lines, and a preamble has no delimiters.
    lines = lines[:_LINES]
    marks: list[str] = []
    for line in lines:
        marks += (mark for mark in set(line) if not mark.isalnum() and (mark < "\x7f" or mark in _FOREIGN))
        marks += {match.group() for match in _COMPOUND.finditer(line)}
        marks += {match.group() for match in _SPACED.finditer(line)}
        if "  " in line.strip():
            marks.append(WHITE_SPACE)
    on_lines = Counter(marks)
    needed = 0.3 * len(lines)
    found = [mark for mark in COMMON if on_lines[mark]]
    others = [mark for mark, count in on_lines.items() if count >= needed and _is_possible(mark)]
    others.sort(key=lambda mark: (-prior(mark) * on_lines[mark], mark))
    return found + others[: _MOST - len(found)]


def _is_possible(mark: str) -> bool:
    if mark in COMMON:
        return False
    if len(mark) > 1:
        return True
    return mark in _CONTROL or mark in _SOLID or mark in _WEAK or mark in _FOREIGN or mark == " "


def _quotes(text: str, delimiters: Sequence[str]) -> list[str]:
    """The quotes that begin some cell, and none where the double quote is not sure to be one."""
    quotes = ['"']
    if '"' in text:
        quotes.append("")
    if "'" in text:
        marks = "".join(re.escape(mark[-1]) for mark in delimiters if mark != WHITE_SPACE)
        # Both patterns begin with the quote itself, which is what the search is quick for.
        begins = re.search(rf"'(?<![^\r\n\s{marks}]')", text)
        if begins and re.search(rf"'(?:$|[\r\n\s{marks}])", text):
            quotes.append("'")
    return quotes


def _escapes(text: str, delimiter: str, quote: str) -> list[str]:
    if "\\" not in text:
        return [""]
    if (quote and "\\" + quote in text) or "\\" + delimiter[:1] in text or "\\N" in text or "\\\n" in text:
        return ["", "\\"]
    return [""]
