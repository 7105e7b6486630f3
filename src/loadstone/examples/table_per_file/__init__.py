"""Table per file: three kinds of files, two deliveries of each, and no configuration at all."""

from __future__ import annotations

from pathlib import Path

from loadstone.examples.example import Example
from loadstone.examples.table_per_file.figures import check, expected
from loadstone.examples.table_per_file.generator import DELIVERIES, FORMATS, generate

__all__ = ["TABLE_PER_FILE"]

TABLE_PER_FILE = Example(
    name="table-per-file",
    title="files become tables of their own: no configuration, keys and types found in the data",
    folder=Path(__file__).parent,
    formats=FORMATS,
    loadable=FORMATS,
    default_rows=10_000,
    demo_rows=10_000,
    demo_dirty=0.0,
    table="customers",
    generate=generate,
    expected=expected,
    check=check,
    deliveries=DELIVERIES,
)
