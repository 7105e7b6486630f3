"""Dialect, table, header and numbers of delimited text, decided from a sample of it, in this order."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from loadstone.core.sniffing.candidates import COMMON, Told, candidates
from loadstone.core.sniffing.comments import commented_names, without_comments
from loadstone.core.sniffing.decision import WHITE_SPACE, Decision, Dialect, Record, Split, shown
from loadstone.core.sniffing.header import header_rows
from loadstone.core.sniffing.kinds import TYPED, KindCache
from loadstone.core.sniffing.numbers import NumberStyle, number_styles
from loadstone.core.sniffing.regions import Region, find_region
from loadstone.core.sniffing.rulings import ruled_rows
from loadstone.core.sniffing.scoring import Score, score

__all__ = ["Ambiguous", "Sniffed", "sniff"]

#: Records that every candidate is scored with, and those that the best of them is looked at with: a header
#: and as many records as types are told from.
_FEW = 120
_MANY = 1001
#: Of a small file more are looked at: what stands below its table may be in the sample.
_MANY_OF_ALL = 2000
_LOOK = 64 * 1024
_MANY_BROKEN = 3
_WEAKEST = 0.1
_WEAKEST_PROSE = 0.3
_TIE = 0.96
_UNSURE = 0.5
_PROSE = frozenset(" -/._:")
_DEFAULT = Dialect(",", '"', "")
_BIAS = {'"': 1.0, "'": 0.99, "": 0.93}


class Ambiguous(Exception):
    """Two dialects make an equally good table of the text.

    Attributes:
        delimiters: of the two.
    """

    def __init__(self, delimiters: tuple[str, str]) -> None:
        super().__init__(delimiters)
        self.delimiters = delimiters


class Sniffed(Struct, frozen=True):
    """What was found out.

    Attributes:
        dialect: delimiter, quote and escape.
        records: of the sample, as the dialect makes them.
        region: the first table, as positions among the records.
        header: how many rows of it are the header.
        names: those of the columns, where a comment above the rows gives them.
        header_records: how many records that takes, with a line that is drawn below the names.
        styles: position of a column -> how its numbers are written.
        delimiter: how the delimiter was decided.
        has_more: whether the sample was long enough for all records that are looked at.
    """

    dialect: Dialect
    records: Sequence[Record]
    region: Region
    header: Decision
    names: tuple[str, ...]
    header_records: int
    styles: dict[int, NumberStyle]
    delimiter: Decision
    has_more: bool

    @property
    def rows(self) -> list[Sequence[str | None]]:
        """The records of the table that fit it, the header's among them."""
        return _rows(self.records, self.region)


def sniff(text: bytes, split: Split, told: Told, *, is_complete: bool, header: bool | None = None) -> Sniffed:
    """Decides everything that `told` and `header` leave open.

    Args:
        text: the sample, in UTF-8.
        split: makes records of it.
        told: what the configuration says.
        is_complete: whether the sample is the whole file.
        header: whether the configuration says that there is a header.

    Raises:
        Ambiguous: two delimiters fit equally well.
    """
    kinds = KindCache()
    looked_at = text[:_LOOK].decode("utf-8", "replace")
    best, second = _best(looked_at, split, told, kinds)
    dialect = best.dialect if best.value else _told(told)
    many = _MANY_OF_ALL if is_complete else _MANY
    dialect, records = _settled(dialect, looked_at, split, told, many)
    has_end = is_complete and (not records or records[-1].end == len(text))
    region = find_region(records, text, max(best.width, 1), kinds, is_complete=has_end)
    rows = _rows(records, region)
    ruled = ruled_rows(records, region.start, region.end)
    if header is None and ruled:
        found = Decision(ruled, 0.95, "a line is drawn below it")
    elif header is None:
        found = header_rows(rows, kinds)
        if region.misfit is not None and region.misfit < region.start:
            found = Decision(0, 0.5, "the line above the rows has another number of cells")
    else:
        found = Decision(int(header), 1.0, "configured")
    names: tuple[str, ...] = ()
    if header is None and (not found.value or found.confidence <= _UNSURE):
        names = commented_names(records, text, region.start, region.width, kinds)
        found = found._replace(value=0) if names else found
    styles = number_styles(rows[found.value :], has_semicolons=dialect.delimiter == ";")
    because = _reason(best, second, told, len(rows))
    taken = found.value + bool(ruled and found.value)
    return Sniffed(
        dialect, records, region, found, names, taken, styles, because, has_more=len(records) == many
    )


def _told(told: Told) -> Dialect:
    """The dialect of a file of one column."""
    return Dialect(*(own if mark is None else mark for own, mark in zip(_DEFAULT, told, strict=True)))


def _rows(records: Sequence[Record], region: Region) -> list[Sequence[str | None]]:
    inside = [record.cells for record in records[region.start : region.end]]
    if ruled := ruled_rows(records, region.start, region.end):
        filled = [i for i, cells in enumerate(inside) if cells]
        del inside[filled[ruled]]
    if inside and region.misfit == region.start:
        inside[0] = [cell for cell in inside[0] if cell]
    if inside and len(inside[0]) < region.width:
        inside[0] = [*inside[0], *[None] * (region.width - len(inside[0]))]
    if not region.has_trailing:
        return [cells for cells in inside if len(cells) == region.width]
    return [
        cells[: region.width]
        for cells in inside
        if len(cells) == region.width or (len(cells) == region.width + 1 and cells[-1] is None)
    ]


def _best(text: str, split: Split, told: Told, kinds: KindCache) -> tuple[Score, Score | None]:
    """The best candidate, and the best of those with another delimiter."""
    scores = []
    weak: list[Dialect] = []
    for dialect in candidates(text, told):
        if told.delimiter is None and dialect.delimiter in "/-._":
            weak.append(dialect)
            continue
        scores.append(_scored(dialect, split, told, kinds))
    scores = [one for one in scores if not _is_lenient(one, scores)] if told.quote is None else scores
    best = _highest(scores, text)
    is_odd = best.value == 0 or any(one.value and one.dialect.delimiter not in COMMON for one in scores)
    if told.delimiter is None and is_odd and _is_typed_list(split, kinds):
        # Times are no columns of hours and minutes.
        scores = [one for one in scores if one.dialect.delimiter in COMMON]
        weak.clear()
        best = _highest(scores, text)
    if best.value == 0 and weak:
        best = _highest([_scored(dialect, split, told, kinds) for dialect in weak], text)
    bare = [one for one in scores if one.dialect.delimiter == best.dialect.delimiter.strip(" ")]
    if bare and bare[0].value >= _TIE * best.value > 0:
        best = _highest(bare, text)  # `| a | b |` begins and ends with one that has no blanks on both sides
    mark = best.dialect.delimiter
    rivals = [one for one in scores if mark not in {one.dialect.delimiter, one.dialect.delimiter.strip(" ")}]
    rivals = [one for one in rivals if not _contains(best.dialect.delimiter, one.dialect.delimiter, text)]
    second = max(rivals, key=lambda one: one.value, default=None)
    if second is not None and min(best.rows, second.rows) >= 3 and second.value >= _TIE * best.value > 0:
        raise Ambiguous((best.dialect.delimiter, second.dialect.delimiter))
    return best, second


def _scored(dialect: Dialect, split: Split, told: Told, kinds: KindCache) -> Score:
    records = without_comments(split(dialect, _FEW))
    found = score(dialect, records, kinds)
    value = found.value * _BIAS.get(dialect.quote, 0.9)
    if told.delimiter is None and dialect.delimiter not in COMMON:
        # These occur in prose, too: the first line must agree.
        first = next((record.cells for record in records if record.cells), ())
        # R writes no name above the names of rows.
        is_short = len(first) == found.width - 1 and found.width > 2 and found.rows == found.records - 1
        is_prose = dialect.delimiter in _PROSE and (
            found.width < 3 or found.rows < 0.8 * (found.records - is_short)
        )
        is_spaced = " " in dialect.delimiter and len(first) != found.width and not is_short
        if value < _WEAKEST_PROSE or is_prose or is_spaced:
            value = 0.0
    if found.rows == 1 < found.records:
        value = 0.0
    return replace(found, value=value if value >= _WEAKEST or told.delimiter is not None else 0.0)


def _highest(scores: Sequence[Score], text: str) -> Score:
    """The best, the first of equals; a delimiter that is only ever a part of another one does not count."""
    best = Score(0.0, 1, 0, 0, 0, _DEFAULT)
    for one in scores:
        mark = one.dialect.delimiter
        longer = (other for other in scores if other.value > 0.5 * one.value and other.rows >= 0.9 * one.rows)
        if any(_contains(other.dialect.delimiter, mark, text) for other in longer):
            continue
        if one.value > best.value + 1e-9:
            best = one
    return best


def _is_lenient(found: Score, scores: Sequence[Score]) -> bool:
    """Whether a dialect without quotes does no more than to let a few records with broken ones pass."""
    if found.dialect.quote:
        return False
    quoted = found.dialect._replace(quote='"')
    return any(one.dialect == quoted and one.broken < _MANY_BROKEN for one in scores)


def _contains(longer: str, shorter: str, text: str) -> bool:
    """Whether a delimiter occurs nowhere but in a longer one."""
    if longer == shorter or shorter not in longer or WHITE_SPACE in {longer, shorter} or shorter == ",,":
        return False
    return text.count(shorter) == text.count(longer) * longer.count(shorter)


def _is_typed_list(split: Split, kinds: KindCache) -> bool:
    """Whether the lines, taken whole, are dates, numbers and the like."""
    lines = [record.cells[0] for record in split(Dialect("\x1f", "", ""), _FEW) if len(record.cells) == 1]
    typed = sum(kinds[line] in TYPED for line in lines)
    return bool(lines) and typed >= 0.8 * (len(lines) - 1)


def _settled(
    dialect: Dialect, text: str, split: Split, told: Told, limit: int
) -> tuple[Dialect, Sequence[Record]]:
    """Quote and escape of the delimiter chosen, with more records: those with which the fewest are broken."""
    variants = [
        one
        for one in candidates(text, told._replace(delimiter=dialect.delimiter))
        if one.quote == dialect.quote
    ]
    best = dialect, split(dialect, limit)
    for variant in variants if len(variants) > 1 else ():
        records = split(variant, limit)
        if _misfits(records) < _misfits(best[1]):
            best = variant, records
    return best


def _misfits(records: Sequence[Record]) -> float:
    filled = [record for record in records if record.cells]
    if not filled:
        return 1.0
    widths = [len(record.cells) for record in filled if not record.is_broken]
    common = max(map(widths.count, set(widths)), default=0)
    return 1 - common / len(filled)


def _reason(best: Score, second: Score | None, told: Told, rows: int) -> Decision:
    delimiter = told.delimiter if told.delimiter is not None else best.dialect.delimiter
    if told.delimiter is not None:
        return Decision(delimiter, 1.0, "configured")
    if not best.value:
        return Decision(delimiter, 0.5, "nothing separates cells: the file has one column")
    evidence = f"{best.rows:,} of the first {best.records:,} records have {best.width:,} cells"
    confidence = best.rows / best.records if rows > 1 else 0.7
    if second is not None and second.value > 0:
        evidence += f"; {shown(second.dialect.delimiter)} makes a worse table"
        confidence *= 1 - 0.5 * second.value / best.value
    return Decision(delimiter, confidence, evidence)
