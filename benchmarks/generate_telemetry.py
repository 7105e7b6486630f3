"""Makes the files of the benchmarks: telemetry readings, clean, dirty, as JSON Lines, compressed.

    python -m benchmarks.generate_telemetry --rows 2000000

2,000,000 rows x 11 columns are about 220 MB of CSV. Of the dirty file's rows 1.2 % cannot be
loaded (numbers and timestamps that do not parse, ragged rows), 0.2 % hold a value that a rule mends, 0.1 %
repeat a key. Clean and dirty file differ in those rows only. The same numbers give the same bytes, anywhere.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from loadstone.examples.car_telemetry.faults import FaultKind
from loadstone.examples.car_telemetry.generator import Telemetry
from loadstone.examples.car_telemetry.layouts import CsvLayout, JsonLayout, Layout
from loadstone.examples.output import FolderOutput

__all__ = ["COLUMNS", "DATA", "NAMES", "Files", "make"]

DATA = Path(__file__).parent / "data"

#: The columns of all files, with their types.
COLUMNS = {
    "timestamp": "timestamptz",
    "device_id": "text",
    "model": "text",
    "odometer_km": "integer",
    "trip_driven_km": "double precision",
    "instant_consumption_l_per_100km": "double precision",
    "avg_consumption_l_per_100km": "double precision",
    "fuel_level_percent": "double precision",
    "city": "text",
    "country_code": "text",
    "timezone": "text",
}

#: The files that `make` makes where nobody says which.
NAMES = ("clean.csv", "dirty.csv", "dirty.csv.gz", "dirty.csv.zst", "dirty.jsonl")

_DIRTY = 0.015
_WEIGHTS: dict[FaultKind, float] = {
    "unparsable_number": 4,
    "bad_timestamp": 4,
    "ragged_row": 4,
    "negative_value": 2,
    "duplicate": 1,
}


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one number of rows.

    Attributes:
        folder: where they are.
        rows: records in each of the uncompressed files.
    """

    folder: Path
    rows: int

    def path(self, name: str) -> Path:
        """Of one of `NAMES`."""
        return self.folder / name

    def known(self, name: str) -> dict[str, Any]:
        """What the generator knows about a file's faults, and what a load must make of them."""
        uncompressed = name.removesuffix(".gz").removesuffix(".zst")
        document: dict[str, Any] = json.loads((self.folder / f"{uncompressed}.faults.json").read_text())
        return document


def make(rows: int, names: Sequence[str] = NAMES, *, folder: Path = DATA, seed: int = 1) -> Files:
    """Writes those of the files that are not there yet."""
    files = Files(folder / f"telemetry-{rows}", rows)
    plain = dict.fromkeys(name.removesuffix(".gz").removesuffix(".zst") for name in names)
    for name in (*plain, *(name for name in names if name not in plain)):
        if files.path(name).exists():
            continue
        if name in plain:
            _write(files, name, seed)
        else:
            _compress(files, name)
    return files


def _write(files: Files, name: str, seed: int) -> None:
    layout: Layout = JsonLayout(flat=True) if name.endswith(".jsonl") else CsvLayout(flat=True)
    telemetry = Telemetry(
        rows=files.rows,
        files=1,
        layout=layout,
        dirty=_DIRTY if name.startswith("dirty") else 0.0,
        seed=seed,
        weights=_WEIGHTS,
        with_broken_cars=False,
    )
    _size, record = telemetry.write_next(FolderOutput(files.folder), name, None)
    (files.folder / f"{name}.faults.json").write_text(json.dumps(record.document()))


def _compress(files: Files, name: str) -> None:
    with files.path("dirty.csv").open("rb") as plain, FolderOutput(files.folder).open(name) as packed:
        block = zlib.compressobj(6, wbits=31) if name.endswith(".gz") else zstd.ZstdCompressor(3)
        while data := plain.read(1 << 20):
            packed.write(block.compress(data))
        packed.write(block.flush())


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=DATA)
    arguments = parser.parse_args()
    files = make(arguments.rows, folder=arguments.out, seed=arguments.seed)
    for path in sorted(files.folder.iterdir()):
        print(f"{path}  {path.stat().st_size:>14,} bytes")


if __name__ == "__main__":
    main()
