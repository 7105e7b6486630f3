"""Table per file: three kinds of files, two deliveries of each, and no configuration at all."""

from __future__ import annotations

from pathlib import Path

from loadstone.examples.example import Example
from loadstone.examples.table_per_file.figures import check, expected
from loadstone.examples.table_per_file.generator import DELIVERIES, FORMATS, write

__all__ = ["TABLE_PER_FILE"]

TABLE_PER_FILE = Example(
    name="table-per-file",
    title="files become tables of their own: no configuration, keys and types found in the data",
    folder=Path(__file__).parent,
    formats=FORMATS,
    default_rows=10_000,
    demo_rows=10_000,
    demo_dirty=0.0,
    table="customers",
    write=write,
    expected=expected,
    check=check,
    deliveries=DELIVERIES,
    fixed_files="is six files: three tables, two deliveries",
    faultless="has no rules that could be broken, so no faults are planted",
)
