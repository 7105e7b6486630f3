"""Makes the packed data of this example from a Parquet file of the UCI Online Retail data set.

    python -m loadstone.examples.online_retail.pack online_retail.parquet

The result is the CSV that `generate` writes, compressed: 3.1 MB as xz (zstd -19 takes 3.5 MB), which every
Python can read. Needs pyarrow: `pip install 'loadstone[examples]'`.
"""

from __future__ import annotations

import csv
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loadstone.errors import MissingExtra
from loadstone.examples.online_retail.data import COLUMNS, PACKED

__all__ = ["pack"]


def pack(parquet: Path, packed: Path = PACKED) -> int:
    """Writes the packed CSV; returns its rows.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    rows = 0
    with lzma.open(packed, "wt", preset=9 | lzma.PRESET_EXTREME, encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in _records(parquet):
            writer.writerow(row)
            rows += 1
    return rows


def _records(parquet: Path) -> Iterator[list[str]]:
    try:
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("reading Parquet", "examples") from None
    for batch in ParquetFile(parquet).iter_batches(columns=list(COLUMNS)):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield [_text(value) for value in row]


def _text(value: Any) -> str:
    """As `str` has it; a float in its shortest form, without `.0`."""
    if value is None:
        return ""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


if __name__ == "__main__":
    count = pack(Path(sys.argv[1]))
    sys.stdout.write(f"{PACKED}: {count:,} rows, {PACKED.stat().st_size:,} bytes\n")
