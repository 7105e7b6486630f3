"""The faults that a generator plants, and what must become of each."""

# ruff: noqa: S311  # seeded on purpose: the same seed, the same faults

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from loadstone.examples.car_telemetry.fleet import CITIES, MEASURES, Reading
from loadstone.examples.car_telemetry.layouts import COLUMNS, Layout

__all__ = ["KINDS", "Fault", "FaultKind", "FaultPlanter", "corrected"]

FaultKind = Literal["unparsable_number", "negative_value", "bad_timestamp", "ragged_row", "duplicate"]

KINDS: tuple[FaultKind, ...] = (
    "unparsable_number",
    "negative_value",
    "bad_timestamp",
    "ragged_row",
    "duplicate",
)

_NO_NUMBERS = ("n/a", "ERR", "--", "0x1F", "1_000", "twelve")
_NO_INTEGERS = (*_NO_NUMBERS, "12.6", "99999999999")
_NO_TIMES = (
    "2024-02-30T10:00:00+00:00",
    "2024-13-01T00:00:00+00:00",
    "2024-01-01T25:00:00+00:00",
    "31.12.2024 10:00",
    "yesterday-ish",
    "1704067200",
)
_OVERFULL = 100_500


class Fault(NamedTuple):
    """A record that is not as it should be.

    Attributes:
        record: as it stands in the file.
        column: the column at fault; None where the whole record is.
        mends: whether a rule sets the cell to 0 and the row is kept; otherwise the row is rejected.
    """

    record: str
    column: str | None
    mends: bool = False


class FaultPlanter:
    """Decides which rows get a fault, and writes them.

    Args:
        seed: of this generator, which is another than that of the readings: a clean file and a dirty one
            of the same seed differ in the faulty rows only.
        share: of the rows that get a fault, 0 to 1.
        weights: how often each kind, in relation to the others.
        layout: of the file.
    """

    def __init__(self, seed: int, share: float, weights: Mapping[FaultKind, float], layout: Layout) -> None:
        self.random = random.Random(f"faults of {seed}")
        self._layout = layout
        self._kinds = list(weights)
        self._weights = list(weights.values())
        self._log_clean = -math.inf if share >= 1 else math.log1p(-share)
        self._write: dict[FaultKind, Callable[[Reading], Fault]] = {
            "unparsable_number": self._unparsable_number,
            "negative_value": self._negative_value,
            "bad_timestamp": self._bad_timestamp,
            "ragged_row": self._ragged_row,
        }
        self._next = self._gap()

    def positions(self, rows: int) -> list[int]:
        """The faulty positions among the next `rows` rows, in order."""
        found = []
        while self._next < rows:
            found.append(int(self._next))
            self._next += 1 + self._gap()
        self._next -= rows
        return found

    def _gap(self) -> float:
        """Clean rows before the next faulty one."""
        if self._log_clean == 0:
            return math.inf
        return math.floor(math.log(1.0 - self.random.random()) / self._log_clean)

    def kind(self) -> FaultKind:
        """Of the next fault."""
        return self.random.choices(self._kinds, self._weights)[0]

    def fault(self, kind: FaultKind, reading: Reading) -> Fault:
        """Spoils a reading; a `duplicate` is no spoiled record, see `corrected`."""
        return self._write[kind](reading)

    def _with_cell(self, reading: Reading, column: str, cell: str, *, mends: bool = False) -> Fault:
        cells = self._layout.cells(reading)
        cells[COLUMNS.index(column)] = cell
        return Fault(self._layout.joined(cells), column, mends)

    def _unparsable_number(self, reading: Reading) -> Fault:
        column = self.random.choice(MEASURES)
        texts = _NO_INTEGERS if column == "odometer_km" else _NO_NUMBERS
        return self._with_cell(reading, column, self._layout.text(self.random.choice(texts)))

    def _negative_value(self, reading: Reading) -> Fault:
        column = self.random.choice(MEASURES)
        value = int(getattr(reading, column)) + 1
        if column == "odometer_km":
            return self._with_cell(reading, column, str(-value), mends=True)
        # the tank can be overfull, too
        wrong = -value
        if column == "fuel_level_percent" and self.random.random() < 0.5:  # noqa: PLR2004  # a coin
            wrong = _OVERFULL + value
        return self._with_cell(reading, column, f"{wrong / 1000:.3f}", mends=True)

    def _bad_timestamp(self, reading: Reading) -> Fault:
        return self._with_cell(reading, "timestamp", self._layout.text(self.random.choice(_NO_TIMES)))

    def _ragged_row(self, reading: Reading) -> Fault:
        long = self.random.random() < 0.5  # noqa: PLR2004  # a coin
        return Fault(self._layout.ragged(self._layout.cells(reading), long=long), self._layout.ragged_column)


def corrected(reading: Reading, generator: random.Random) -> Reading:
    """The same key again, with other figures, and maybe from another place."""
    return reading._replace(
        odometer_km=reading.odometer_km + generator.randrange(1, 4),
        trip_driven_km=reading.trip_driven_km + generator.randrange(1, 3_000),
        fuel_level_percent=generator.randrange(1, 100_000),
        city=generator.randrange(len(CITIES)),
    )
