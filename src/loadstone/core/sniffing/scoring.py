"""How well a dialect makes a table of the sample: as many records of one width, as many columns of one kind.

The measure follows the idea of "data consistency": a wrong delimiter leaves rows of many widths or cells that
are no sensible values; the right one leaves neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from loadstone.core.sniffing.candidates import prior
from loadstone.core.sniffing.decision import Dialect, Record
from loadstone.core.sniffing.kinds import WEIGHTS, KindCache

__all__ = ["Score", "score"]


class Score(Struct, frozen=True):
    """What a dialect makes of the sample.

    Attributes:
        value: the higher the better; 0 where there is no table of two columns.
        width: cells in most records.
        rows: how many records have them.
        records: how many there are, blank ones not counted.
        broken: how many of them have broken quotes.
        dialect: the dialect.
    """

    value: float
    width: int
    rows: int
    records: int
    broken: int
    dialect: Dialect


def score(dialect: Dialect, records: Sequence[Record], kinds: KindCache) -> Score:
    """Scores the records that a dialect makes of a sample."""
    filled = [record for record in records if record.cells]
    broken = sum(record.is_broken for record in filled)
    width = _width(filled)
    if width < 2:
        return Score(0.0, 1, len(filled), len(filled), broken, dialect)
    rows = [record.cells for record in filled if len(record.cells) == width and not record.is_broken]
    first = next(i for i, record in enumerate(filled) if len(record.cells) == width)
    share = len(rows) / (len(filled) - first)
    pattern = share * (0.6 + 0.4 * len(rows) / len(filled))
    # As many columns as there are; two are little proof for marks that occur in prose.
    size = (width - 1) / width
    whole = 1 - broken / len(filled)
    value = pattern * size * _type_share(rows, kinds) * prior(dialect.delimiter) * whole
    return Score(value, width, len(rows), len(filled), broken, dialect)


def _width(records: Sequence[Record]) -> int:
    """The width that most records have, more cells counting for more."""
    widths = Counter(len(record.cells) for record in records if not record.is_broken)
    if not widths:
        return 0
    return max(widths, key=lambda width: (widths[width] * (width - 1) / width, width))


def _type_share(rows: Sequence[Sequence[str | None]], kinds: KindCache) -> float:
    """How much of the columns is of one sensible kind, from 0 to 1."""
    body = rows[1:] if len(rows) > 2 else rows
    columns = list(zip(*body, strict=True))
    total = 0.0
    for column in columns:
        found = Counter(map(kinds.__getitem__, column))
        empty = found.pop("empty", 0)
        if not found:
            total += WEIGHTS["empty"]
            continue
        filled = len(column) - empty
        commonest = max(found.values()) / filled
        sense = sum(WEIGHTS[kind] * count for kind, count in found.items()) / filled
        total += sense * (0.6 + 0.4 * commonest)
    return total / len(columns)
