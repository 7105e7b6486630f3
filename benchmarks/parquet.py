r"""Parquet against psql's `\copy` of the same rows as CSV, which is 1.00.

    python -m benchmarks.parquet --rounds 5 --rows 2000000

The Parquet file is written by pyarrow from the clean CSV, with its own settings (snappy, dictionaries);
another one without dictionaries, which loadstone makes use of. How it is measured is told in README.md.
Fails where more memory is taken than the limit.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.database import BenchmarkDatabase, benchmark_database
from benchmarks.generate_telemetry import COLUMNS, DATA, Files, make
from benchmarks.machine import this_machine
from benchmarks.report import Results, write
from benchmarks.run import RESULTS, run_rounds
from benchmarks.ways import LOADSTONE, TABLE, Way, psql_ways

__all__ = ["main"]

PARQUET = "clean.parquet"
#: The same rows, written without dictionaries.
PLAIN = "clean-plain.parquet"
#: Peak memory of a load.
LIMIT_MB = 200
_RULES: dict[str, Any] = {
    "odometer_km": {"range": [0, None]},
    "fuel_level_percent": {"range": [0, 100], "otherwise": {"set": 0}},
    "device_id": {"required": True, "max_length": 10},
}


def write_parquet(files: Files) -> None:
    """Writes the clean CSV's rows as Parquet, if that is not there yet."""
    if files.path(PARQUET).exists() and files.path(PLAIN).exists():
        return
    import pyarrow as pa  # noqa: PLC0415 - only here
    from pyarrow import csv, parquet  # noqa: PLC0415

    types = {"timestamptz": pa.timestamp("us", "UTC"), "text": pa.string(), "integer": pa.int32()}
    schema = {name: types.get(kind, pa.float64()) for name, kind in COLUMNS.items()}
    table = csv.read_csv(
        files.path("clean.csv"),
        convert_options=csv.ConvertOptions(column_types=schema, strings_can_be_null=True),
    )
    parquet.write_table(table, files.path(PARQUET))
    parquet.write_table(table, files.path(PLAIN), use_dictionary=False)


def parquet_ways(database: BenchmarkDatabase, files: Files) -> list[Way]:
    """Loads without any configuration but the table, with rules, with lineage."""
    columns = {name: {"type": kind, **_RULES.get(name, {})} for name, kind in COLUMNS.items()}
    return [
        _way(database, files, "parquet", "Parquet", {"lineage": False}, target=1.4),
        _way(database, files, "parquet-rules", "Parquet, with rules", {"lineage": False, "columns": columns}),
        _way(database, files, "parquet-lineage", "Parquet, with lineage", {}),
        _way(
            database,
            files,
            "parquet-plain",
            "Parquet without dictionaries",
            {"lineage": False},
            file=PLAIN,
        ),
    ]


def _way(
    database: BenchmarkDatabase,
    files: Files,
    name: str,
    title: str,
    options: Mapping[str, Any],
    *,
    target: float | None = None,
    file: str = PARQUET,
) -> Way:
    pipeline = files.folder / f"pipeline-{name}.yaml"
    dataset = {"files": ["*"], "table": TABLE, **options}
    pipeline.write_text(json.dumps({"name": "benchmarks", "datasets": {"telemetry": dataset}}, indent=1))

    def verify(stdout: str) -> list[str]:
        (load,) = json.loads(stdout)["loads"]
        found = database.ask(f"select count(*), sum(odometer_km), count(distinct device_id) from {TABLE}")
        known = database.ask("select count(*), sum(odometer_km), count(distinct device_id) from known_rows")
        wrong = [] if load["state"] == "loaded" else [f"{load['state']}: {load['error']}"]
        return wrong + ([] if found == known else [f"the table has {found}, not {known}"])

    return Way(
        name,
        f"loadstone, {title}",
        file,
        (
            *LOADSTONE,
            *("load", str(files.path(file)), "--dataset", "telemetry", "--file", str(pipeline)),
            *("--to", database.url, "--json"),
        ),
        verify,
        table_made=False,
        target=target,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument(
        "--url", help="a database to use instead of an embedded one: it loses its schema loadstone"
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    machine = this_machine()
    print("writing the files, where they are not there yet", file=sys.stderr)
    files = make(options.rows, ["clean.csv"], folder=options.data)
    write_parquet(files)
    with benchmark_database(options.url) as database:
        ways = [*psql_ways(database, files), *parquet_ways(database, files)]
        copied = rf"\copy {TABLE} from '{files.path('clean.csv')}' (format csv, header)"
        database.prepare(TABLE, f"create table {TABLE} ({', '.join(f'{n} {t}' for n, t in COLUMNS.items())})")
        database.ask(copied)
        database.ask(f"drop table if exists known_rows; alter table {TABLE} rename to known_rows")
        taken = run_rounds(database, ways, options.rounds, files.folder)
        sizes = {way.name: files.path(way.file).stat().st_size for way in ways}
        results = Results(machine, database.version, files.rows, ways, sizes, taken)
    for path in write(results, options.out, "parquet"):
        print(path)
    print(results.table())
    own = [way.name for way in ways if way.file in {PARQUET, PLAIN}]
    peak = max(one.peak_rss_bytes for name in own for one in taken[name]) / 1e6
    if peak > LIMIT_MB:
        raise SystemExit(f"a load took {peak:.0f} MB; the limit is {LIMIT_MB}")


if __name__ == "__main__":
    main()
