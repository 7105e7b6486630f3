r"""The example car-telemetry by hand and by loadstone: time, memory, a Lambda's cost, what is in the table.

    python -m benchmarks.car_telemetry --rows 500000

One CSV with 5 % faults. By hand means pandas and psycopg2's `executemany`, in two ways that people write:
*naive* has the whole file in memory, *batch* goes through it in chunks of 50,000 rows. See
`others/car_telemetry_*.py`.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.database import BenchmarkDatabase, benchmark_database
from benchmarks.environments import HAND_MADE, interpreter
from benchmarks.generate_telemetry import DATA
from benchmarks.machine import this_machine
from benchmarks.process import Measurement, measure
from benchmarks.run import RESULTS
from benchmarks.ways import LOADSTONE
from loadstone import examples

__all__ = ["main"]

_TABLE = "public.car_data"
_DDL = f"""
create table {_TABLE} (timestamp timestamptz, device_id text, model text, odometer_km integer,
    trip_driven_km double precision, instant_consumption_l_per_100km double precision,
    avg_consumption_l_per_100km double precision, fuel_level_percent double precision,
    city text, country_code text, timezone text) partition by hash (model, city);
"""
_PARTITION = "create table {table}_{n} partition of {table} for values with (modulus 4, remainder {n})"

#: US dollars for a gigabyte-second of a Lambda on x86, as AWS lists it for most regions.
_GB_SECOND = 0.0000166667
#: A Lambda is given a quarter more than was used at the peak, in steps of 64 MB.
_HEADROOM, _STEP_MB, _LEAST_MB = 1.25, 64, 128


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way took, and what is wrong with what it left."""

    name: str
    taken: Measurement
    rows: int
    right: bool

    @property
    def lambda_mb(self) -> int:
        """The memory that a function would be given."""
        wanted = self.taken.peak_rss_bytes / 2**20 * _HEADROOM
        return max(_LEAST_MB, math.ceil(wanted / _STEP_MB) * _STEP_MB)

    @property
    def dollars(self) -> float:
        """Of a thousand such files."""
        return 1000 * self.taken.seconds * self.lambda_mb / 1024 * _GB_SECOND


def _run(
    database: BenchmarkDatabase, name: str, command: Sequence[str], expected: examples.Expected
) -> Outcome:
    database.ask("drop schema if exists loadstone cascade")
    database.prepare(_TABLE)
    if name == "loadstone":
        measure([*LOADSTONE, "migrate", "--to", database.url])
    else:
        database.ask(_DDL)
        for number in range(4):
            database.ask(_PARTITION.format(table=_TABLE, n=number))
    taken = measure(command)

    def query(sql: str) -> list[tuple[str, ...]]:
        return [tuple(line.split("|")) for line in database.ask(sql).splitlines()]

    checks = examples.get("car-telemetry").check(query, expected)
    right = all(str(check.expected) == check.found for check in checks)
    print(f"{name:<10} {taken.seconds:8.2f} s  {taken.peak_rss_bytes / 1e6:6.0f} MB", file=sys.stderr)
    return Outcome(name, taken, int(str(checks[0].found)), right)


def _page(outcomes: Sequence[Outcome], expected: examples.Expected, head: str) -> str:
    lines = [
        f"# car-telemetry, {expected.rows_read:,} rows, 5 % faults",
        "",
        head,
        "",
        "| way | seconds | peak RSS MB | Lambda MB | $ for 1,000 files | rows | every figure right |",
        "|---|--:|--:|--:|--:|--:|:-:|",
    ]
    lines += [
        f"| {one.name} | {one.taken.seconds:.1f} | {one.taken.peak_rss_bytes / 1e6:.0f} | {one.lambda_mb:,} "
        f"| {one.dollars:.2f} | {one.rows:,} | {'yes' if one.right else 'no'} |"
        for one in outcomes
    ]
    lines += ["", f"Right are {expected.rows_loaded:,} rows."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--url", help="a database to use instead of an embedded one")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    machine = this_machine()
    example = examples.get("car-telemetry")
    folder = options.data / "car-telemetry"
    shutil.rmtree(folder, ignore_errors=True)
    (file,) = example.generate(folder, rows=options.rows, dirty=0.05)
    expected = example.expected(folder)
    with benchmark_database(options.url) as database:
        commands: dict[str, tuple[str, ...]] = {
            tool.title: (
                str(interpreter(tool)),
                str(tool.script),
                file.uri,
                database.url,
                _TABLE,
            )
            for tool in HAND_MADE
        }
        load = (
            "load",
            file.uri,
            "--dataset",
            "car_data",
            "--file",
            str(example.pipeline),
            "--to",
            database.url,
        )
        commands["loadstone"] = (*LOADSTONE, *load, "--json")
        outcomes = [_run(database, name, command, expected) for name, command in commands.items()]
        page = _page(outcomes, expected, f"{machine}; PostgreSQL {database.version}.")
    options.out.mkdir(parents=True, exist_ok=True)
    stem = options.out / f"{datetime.now(UTC):%Y-%m-%d}-car-telemetry"
    stem.with_suffix(".md").write_text(page, encoding="utf-8")
    figures = {
        one.name: {"seconds": one.taken.seconds, "peak_rss_bytes": one.taken.peak_rss_bytes}
        for one in outcomes
    }
    stem.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
