"""What a generator knows about one file: the faults it planted, and what a load must make of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from loadstone.examples.car_telemetry.faults import KINDS, Fault, FaultKind
from loadstone.examples.car_telemetry.fleet import MEASURES, Reading

__all__ = ["FileRecord", "as_decimal"]


class FileRecord:
    """Counts while a file is written; computed from what was drawn, never from what was loaded.

    Args:
        first_line: the line on which the first record stands.
    """

    def __init__(self, first_line: int) -> None:
        self.rows = 0
        self._first_line = first_line
        self._planted: Counter[FaultKind] = Counter(dict.fromkeys(KINDS, 0))
        self._rejected: Counter[str] = Counter()
        self._rejected_rows: list[tuple[int, str, str | None]] = []
        self._repaired: Counter[str] = Counter()
        self._deduplicated = 0
        self._updated = 0
        self._sums = [0] * len(MEASURES)

    def add(self, readings: Sequence[Reading]) -> None:
        """Clean readings, as drawn: what is wrong with some of them is told by the methods below."""
        self.rows += len(readings)
        columns = list(zip(*readings, strict=True))[2:7]
        self._sums = [total + sum(column) for total, column in zip(self._sums, columns, strict=True)]

    def unregistered(self, row: int, reading: Reading) -> None:
        """The reading at `row` (from 0) comes from a car without an id, or without a model."""
        column = "device_id" if reading.profile.device_id is None else "model"
        self._reject(row, f"no_{column}", column)
        self._subtract(reading)

    def spoiled(self, row: int, kind: FaultKind, reading: Reading, fault: Fault) -> None:
        """The reading at `row` was spoiled."""
        self._planted[kind] += 1
        if fault.mends and fault.column is not None:
            self._repaired[fault.column] += 1
            self._sums[MEASURES.index(fault.column)] -= getattr(reading, fault.column)
        else:
            self._reject(row, kind, fault.column)
            self._subtract(reading)

    def repeated(self, lost: Reading, before: Reading, after: Reading, *, in_this_file: bool) -> None:
        """Instead of the reading `lost`, which was never written, `after` came; it replaces `before`."""
        self._planted["duplicate"] += 1
        if in_this_file:
            self._deduplicated += 1
        else:
            self._updated += 1
        self._subtract(lost)
        self._subtract(before)
        self._sums = [total + value for total, value in zip(self._sums, after[2:7], strict=True)]

    def _reject(self, row: int, reason: str, column: str | None) -> None:
        self._rejected[reason] += 1
        self._rejected_rows.append((row + self._first_line, reason, column))

    def _subtract(self, reading: Reading) -> None:
        self._sums = [total - value for total, value in zip(self._sums, reading[2:7], strict=True)]

    def document(self) -> dict[str, Any]:
        """As it is kept beside the file.

        `sums` is what the file adds to the sums of the table; `rejected_rows` has the line on which each
        rejected record begins (from 1), the reason, and the column where one is at fault.
        """
        rejected = sum(self._rejected.values())
        return {
            "rows": self.rows,
            "planted": dict(self._planted),
            "expected": {
                "rejected": dict(sorted(self._rejected.items())),
                "repaired": dict(sorted(self._repaired.items())),
                "deduplicated": self._deduplicated,
                "updated": self._updated,
                "inserted": self.rows - rejected - self._deduplicated - self._updated,
                "sums": {
                    name: str(as_decimal(name, total))
                    for name, total in zip(MEASURES, self._sums, strict=True)
                },
            },
            "rejected_rows": sorted(self._rejected_rows),
        }


def as_decimal(measure: str, value: int) -> Decimal:
    """A reading's number in the unit of its column."""
    return Decimal(value) if measure == "odometer_km" else Decimal(value).scaleb(-3)
