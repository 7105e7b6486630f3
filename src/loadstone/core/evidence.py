"""Why a column has its type, in a sentence: for `init`, `plan` and the notes of a load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from loadstone.core.forms import FORM_NAMES, NUMBERS

__all__ = ["Seen", "text_evidence", "typed_evidence"]

#: Longer values are cut where they stand as an example.
_SHOWN = 40
_HALF = 0.5
_ORDERED = frozenset({"date", "timestamp", "timestamptz"})
# Forms that lead nowhere together, but each of which looks like the type of most values.
_FAMILIES = dict.fromkeys(NUMBERS, "numbers") | {
    "local_date": "dates",
    "local_timestamp": "dates",
    "other": "text",
}


class Seen(Struct, frozen=True):
    """The values of a column.

    Attributes:
        counts: how often each value occurs.
        forms: the form of each value.
        rows: rows, with those that have no value.
        is_complete: whether the file has no other rows.
        decimal: the decimal separator.
        place: where in the file the rows are; empty: at its start.
    """

    counts: Counter[str]
    forms: Mapping[str, str]
    rows: int
    is_complete: bool
    decimal: str
    place: str = ""

    @property
    def names(self) -> set[str]:
        """The forms that occur."""
        return set(self.forms.values())

    @property
    def values(self) -> int:
        """Rows with a value."""
        return self.counts.total()

    def number_of(self, *names: str) -> int:
        """Values of these forms."""
        return sum(count for text, count in self.counts.items() if self.forms[text] in names)

    def example(self, *names: str) -> str:
        """The first value of one of these forms, quoted."""
        text = next(text for text in self.counts if self.forms[text] in names)
        return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")

    @property
    def nearly(self) -> str | None:
        """What stands in the way of another type than text, where most values are of one form; else None."""
        odd = [name for name in ("leading_zeros", "plus_sign", "bare_exponent") if name in self.names]
        if odd and self.number_of(*NUMBERS, *odd) == self.values:
            return _counted(self, odd)
        if self.names == {"whole"}:
            return f"{_all(self)} whole numbers of more than 18 digits, such as {self.example('whole')}"
        families = Counter[str]()
        for text, count in self.counts.items():
            families[_FAMILIES.get(self.forms[text], self.forms[text])] += count
        family, most = families.most_common(1)[0]
        if family == "text" or most == self.values or most <= self.values * _HALF:
            return None
        kinds = [name for name in self.names if _FAMILIES.get(name, name) == family]
        others = [name for name in self.names if name not in kinds]
        name = family if family in {"numbers", "dates"} else FORM_NAMES[family]
        return (
            f"{most:,} of {self.values:,} values are {name}, but {self.values - most:,}"
            f" {'is' if self.values - most == 1 else 'are'} not, such as {self.example(*others)}"
        )


def typed_evidence(seen: Seen, found: str, why: str = "") -> str:
    """Why the column is of type `found`."""
    what = "whole numbers" if found == "bigint" else "numbers" if seen.names <= NUMBERS else _named(seen)
    sentence = f"{_all(seen)} {what}{_extent(seen)}"
    if found == "numeric" and seen.names == {"whole"}:
        sentence += ", more than bigint holds"
    return _scoped(seen, f"{sentence}; {why}" if why else sentence)


def text_evidence(seen: Seen, why: str = "") -> str:
    """Why the column is text."""
    if not seen.counts:
        return _scoped(seen, "text: there is no value to tell a type by")
    if why:
        return _scoped(seen, f"kept as text: {_all(seen)} {_named(seen)}, but {why}")
    if (nearly := seen.nearly) is not None:
        return _scoped(seen, f"kept as text: {nearly}")
    longest = max(map(len, seen.counts))
    return _scoped(
        seen,
        f"text: {len(seen.counts):,} different values of {seen.values:,},"
        f" the longest with {longest:,} character{'s' * (longest != 1)}",
    )


def _all(seen: Seen) -> str:
    return f"{seen.values:,} of {seen.values:,} values are"


def _named(seen: Seen) -> str:
    return " and ".join(dict.fromkeys(FORM_NAMES[name] for name in sorted(seen.names)))


def _counted(seen: Seen, odd: Sequence[str]) -> str:
    parts = []
    for name in odd:
        number = seen.number_of(name)
        what = FORM_NAMES[name].removeprefix("whole ").removeprefix("numbers with ")
        parts.append(f"{number:,} value{'s' * (number != 1)} {'has' if number == 1 else 'have'} {what}")
    return " and ".join(parts) + f", such as {seen.example(*odd)}"


def _extent(seen: Seen) -> str:
    if seen.names <= NUMBERS:
        numbers = [(Decimal(text.replace(seen.decimal, ".")), text) for text in seen.counts]
        low, high = min(numbers)[1], max(numbers)[1]
        if seen.names == {"whole"}:
            low, high = f"{int(low):,}", f"{int(high):,}"
    elif seen.names <= _ORDERED:
        low, high = min(seen.counts), max(seen.counts)
    else:
        return f", such as {seen.example(*seen.names)}"
    return f", from {low} to {high}" if low != high else f", all {low}"


def _scoped(seen: Seen, sentence: str) -> str:
    missing = seen.rows - seen.values
    if seen.counts and missing:
        sentence += f"; {missing:,} of {seen.rows:,} rows have none"
    place = seen.place or f"the first {seen.rows:,} rows"
    return sentence if seen.is_complete else f"{sentence} (in {place})"
