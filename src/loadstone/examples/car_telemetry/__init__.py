"""Car telemetry: dirty readings of sixteen cars, merged by key into a hash-partitioned table."""

from __future__ import annotations

from pathlib import Path

from loadstone.examples.car_telemetry.figures import TABLE, check, expected
from loadstone.examples.car_telemetry.generator import DEFAULT_ROWS, write
from loadstone.examples.example import Example

__all__ = ["CAR_TELEMETRY"]

CAR_TELEMETRY = Example(
    name="car-telemetry",
    title="dirty readings of sixteen cars, merged by key into a hash-partitioned table",
    folder=Path(__file__).parent,
    formats=("csv", "jsonl", "json"),
    default_rows=DEFAULT_ROWS,
    demo_rows=DEFAULT_ROWS,
    demo_dirty=0.05,
    table=TABLE,
    write=write,
    expected=expected,
    check=check,
)
