"""PostgreSQL types from cells: only what every value proves, text for the rest, and the evidence for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct, structs

from loadstone.core.dates import DateOrder, date_order
from loadstone.core.evidence import Seen, text_evidence, typed_evidence
from loadstone.core.forms import BARE, DATE_FORMS, NUMBERS, form_of
from loadstone.model.types import PgType, parse_type

__all__ = ["Inferred", "infer", "infer_json_type", "infer_type"]

_TEXT = PgType("text")
_INT8 = 2**63
#: Digits of a whole number that is longer than any quantity people count: an identifier.
_LONGEST_COUNT = 18
#: Digits that double precision keeps.
_EXACT_DIGITS = 17

# A form by which a column of nothing else is of this type.
_ALONE = {
    "true_false": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "uuid": "uuid",
    "json": "json",
    "inet": "inet",
}
# Words that are clear only where both of them occur: a column of `no` may be about Norway.
_CLEAR_TOGETHER = {"t_f": 2, "yes_no": 2}


class Inferred(Struct, frozen=True):
    """What the values of a column show.

    Attributes:
        type: the type that holds every value; `text` where nothing narrower does.
        evidence: a sentence for people.
        formats: for dates and times that are not written as ISO 8601.
        is_doubtful: text, though most values look like something else: worth telling.
        is_date: all values are dates written in another way, whether their order is proven or not.
    """

    type: PgType
    evidence: str
    formats: tuple[str, ...] = ()
    is_doubtful: bool = False
    is_date: bool = False


def infer(
    cells: Iterable[str | None], *, decimal: str = ".", is_complete: bool = True, place: str = ""
) -> Inferred:
    """The narrowest type that every given cell fits; `text` where none does or all are NULL or empty.

    Args:
        cells: of one column, None for a missing one.
        decimal: the decimal separator of the file.
        is_complete: whether these are all cells of the file, for the evidence.
        place: where in the file they are, for the evidence; empty: at its start.
    """
    rows = 0
    counts: Counter[str] = Counter()
    for cell in cells:
        rows += 1
        if cell and (text := cell.strip()):
            counts[text] += 1
    forms = {text: form_of(text, decimal) for text in counts}
    seen = Seen(counts, forms, rows, is_complete=is_complete, decimal=decimal, place=place)
    if not counts:
        return Inferred(_TEXT, text_evidence(seen))
    names = seen.names
    if BARE in names and names & {"decimal", "exponent"}:
        forms = {text: "exponent" if form == BARE else form for text, form in forms.items()}
        seen = structs.replace(seen, forms=forms)
        names = seen.names
    if names <= DATE_FORMS:
        return _date(date_order(counts), seen)
    found = _type(names, counts, decimal)
    if found is None:
        return Inferred(_TEXT, text_evidence(seen), is_doubtful=seen.nearly is not None)
    return Inferred(parse_type(found), typed_evidence(seen, found))


def infer_type(cells: Iterable[str | None]) -> PgType:
    """The type alone."""
    return infer(cells).type


def infer_json_type(value: str) -> PgType:
    """The type for one JSON value, which is all there is to go by: wide enough for others of its kind."""
    if value[:1] in {"{", "["}:
        return parse_type("jsonb")
    if value[:1] == '"':
        return parse_type("text")
    return parse_type("boolean" if value[:1] in {"t", "f"} else "numeric")


def _date(order: DateOrder, seen: Seen) -> Inferred:
    if order.formats:
        evidence = typed_evidence(seen, order.type, order.why)
        return Inferred(parse_type(order.type), evidence, order.formats, is_date=True)
    return Inferred(_TEXT, text_evidence(seen, order.why), is_doubtful=True, is_date=True)


def _type(names: set[str], counts: Counter[str], decimal: str) -> str | None:
    if names <= NUMBERS:
        return _number(names, counts, decimal)
    if len(names) > 1:
        return None
    (name,) = names
    if name in _CLEAR_TOGETHER:
        return "boolean" if len({text.lower() for text in counts}) == _CLEAR_TOGETHER[name] else None
    return _ALONE.get(name)


def _number(names: set[str], counts: Counter[str], decimal: str) -> str | None:
    if names == {"whole"}:
        if all(-_INT8 <= int(text) < _INT8 for text in counts):
            return "bigint"
        # Where all are that long, they tell things apart; among shorter ones they are large quantities.
        is_name = all(len(text.lstrip("-")) > _LONGEST_COUNT for text in counts)
        return None if is_name else "numeric"
    if "exponent" not in names:
        return "numeric"
    mantissas = (text.lower().partition("e")[0] for text in counts)
    most = max(sum(map(str.isdigit, text.replace(decimal, ""))) for text in mantissas)
    return "double precision" if most <= _EXACT_DIGITS else "numeric"
