"""The peak memory of a load, for a small file and a large one: it must not grow with the file.

    python -m benchmarks.memory --rows 100000 10000000

The files of 10,000,000 rows take 1.1 GB as CSV and 3.3 GB as JSON Lines, and a few minutes to write.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.database import BenchmarkDatabase, benchmark_database
from benchmarks.generate_telemetry import DATA, make
from benchmarks.machine import Machine, this_machine
from benchmarks.run import RESULTS, object_store, run_once
from benchmarks.ways import Way, loadstone_ways

__all__ = ["main"]

#: Way -> the peak in MB that it must stay below.
LIMITS = {
    "csv": 96,
    "lineage": 96,
    "deduplicate": 96,
    "merge": 96,
    "jsonl": 96,
    "gz": 96,
    "zst": 96,
    "s3": 120,
}

_NEEDED = ("dirty.csv", "dirty.csv.gz", "dirty.csv.zst", "dirty.jsonl")


def _measure(
    database: BenchmarkDatabase, rows: int, names: Sequence[str], data: Path
) -> list[dict[str, Any]]:
    files = make(rows, _NEEDED, folder=data)
    found = []
    with object_store(files.folder) as endpoint:
        ways: list[Way] = [way for way in loadstone_ways(database, files, endpoint) if way.name in names]
        for way in ways:
            taken = run_once(database, way)
            peak = taken.peak_rss_bytes / 1e6
            print(f"{rows:>12,} rows  {way.name:<12} {peak:6.1f} MB  {taken.seconds:7.2f} s", file=sys.stderr)
            found.append({"way": way.name, "title": way.title, "rows": rows, "peak_rss_mb": round(peak, 1)})
    return found


def _page(machine: Machine, version: str, found: Sequence[dict[str, Any]], rows: Sequence[int]) -> str:
    """Markdown: a line for each way, a column for each number of rows."""
    lines = [
        "# peak memory of the process, in MB",
        "",
        f"{machine}; PostgreSQL {version}.",
        "",
        "| way | " + " | ".join(f"{number:,} rows" for number in rows) + " | limit |",
        "|---|" + "--:|" * (len(rows) + 1),
    ]
    for name, limit in LIMITS.items():
        own = [one for one in found if one["way"] == name]
        if own:
            peaks = " | ".join(f"{one['peak_rss_mb']:.0f}" for one in own)
            lines.append(f"| {own[0]['title']} | {peaks} | {limit} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command line; ends with 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 10_000_000])
    parser.add_argument("--only", default=",".join(LIMITS), help="names of ways, with commas")
    parser.add_argument("--url", help="a database to use instead of an embedded one")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    machine = this_machine()
    names = options.only.split(",")
    with benchmark_database(options.url) as database:
        version = database.version
        found = [one for rows in options.rows for one in _measure(database, rows, names, options.data)]
    options.out.mkdir(parents=True, exist_ok=True)
    stem = options.out / f"{datetime.now(UTC):%Y-%m-%d}-memory"
    page = _page(machine, version, found, options.rows)
    stem.with_suffix(".md").write_text(page, encoding="utf-8")
    document = {"machine": asdict(machine), "postgresql": version, "peaks": found}
    stem.with_suffix(".json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(page)
    if any(one["peak_rss_mb"] > LIMITS[one["way"]] for one in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
