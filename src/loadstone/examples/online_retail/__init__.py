"""Online Retail: half a million real invoice lines, a full refresh of a bronze table."""

from __future__ import annotations

from pathlib import Path

from loadstone.examples.example import Example
from loadstone.examples.online_retail.data import ROWS, write
from loadstone.examples.online_retail.figures import TABLE, check, expected

__all__ = ["ONLINE_RETAIL"]

ONLINE_RETAIL = Example(
    name="online-retail",
    title="half a million real invoice lines replace a bronze table in one step",
    folder=Path(__file__).parent,
    formats=("csv", "jsonl", "json"),
    default_rows=ROWS,
    demo_rows=ROWS,
    demo_dirty=0.0,
    table=TABLE,
    write=write,
    expected=expected,
    check=check,
    fixed_files="is one delivery, which replaces the one before: it is one file",
    faultless="is real data: it has faults of its own, and none are planted",
)
