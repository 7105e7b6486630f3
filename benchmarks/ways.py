"""The ways of loading that are compared: what is run, on which file, and what must be there afterwards."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.database import BenchmarkDatabase, create_table
from benchmarks.generate_telemetry import COLUMNS, Files

__all__ = ["BASELINE", "KEY", "LOADSTONE", "TABLE", "Way", "loadstone_ways", "psql_ways"]

TABLE = "telemetry"
KEY = ("device_id", "model", "timestamp")
BASELINE = "psql"

#: The command as it is installed, by the interpreter that runs this.
LOADSTONE = (sys.executable, "-m", "loadstone")

_RULES: dict[str, Any] = {
    "odometer_km": {"range": [0, None]},
    "trip_driven_km": {"range": [0, None]},
    "instant_consumption_l_per_100km": {"range": [0, None]},
    "avg_consumption_l_per_100km": {"range": [0, None]},
    "fuel_level_percent": {"range": [0, 100]},
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way of loading a file.

    Attributes:
        name: short.
        title: for the table of results.
        file: the name of the file that it loads.
        command: run and timed as a whole.
        table_made: whether the table is made before, outside the measured time.
        environment: of the command, beside the usual.
        verify: looks at what the command left and wrote; returns what is wrong, or nothing.
        target: the ratio to the baseline that is aimed at; None where there is none.
        own_schema: of the database, which the command makes and which is dropped before it.
        columns: of the table that is made before.
    """

    name: str
    title: str
    file: str
    command: tuple[str, ...]
    verify: Callable[[str], list[str]]
    table_made: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    target: float | None = None
    own_schema: str | None = None
    columns: Mapping[str, str] = field(default_factory=lambda: COLUMNS)


def psql_ways(database: BenchmarkDatabase, files: Files) -> list[Way]:
    r"""`\copy` of the clean rows: as CSV, which is 1.00; in binary, which is what a connection can take."""

    def verify(_: str) -> list[str]:
        found = int(database.ask(f"select count(*) from {TABLE}"))
        return [] if found == files.rows else [f"{found:,} rows, not {files.rows:,}"]

    binary = files.path("clean.pgcopy")
    if not binary.exists():
        database.prepare(TABLE, create_table(TABLE))
        database.ask(rf"\copy {TABLE} from '{files.path('clean.csv')}' (format csv, header)")
        database.ask(rf"\copy {TABLE} to '{binary}' (format binary)")
    return [
        Way(
            BASELINE,
            r"psql `\copy`, clean CSV",
            "clean.csv",
            tuple(
                database.psql_command(rf"\copy {TABLE} from '{files.path('clean.csv')}' (format csv, header)")
            ),
            verify,
        ),
        Way(
            "psql-binary",
            r"psql `\copy`, the same rows in binary",
            "clean.pgcopy",
            tuple(database.psql_command(rf"\copy {TABLE} from '{binary}' (format binary)")),
            verify,
        ),
    ]


def loadstone_ways(database: BenchmarkDatabase, files: Files, endpoint: str | None) -> list[Way]:
    """Loads of the dirty rows, validated, rejects kept: plain, with lineage, deduplicated, from everywhere.

    Args:
        database: the destination.
        files: what is loaded.
        endpoint: of a server that has the files as objects; None leaves the bucket out.
    """
    key = {"key": list(KEY)}
    plain: dict[str, Any] = {"lineage": False}
    deduplicated = {**plain, **key, "deduplicate": "last"}
    merged = {**plain, "mode": "merge"}
    ways = [
        _way(database, files, "csv", "dirty CSV", "dirty.csv", plain, target=1.5),
        _way(database, files, "lineage", "dirty CSV, with lineage", "dirty.csv", {}, target=1.25),
        _way(
            database,
            files,
            "deduplicate",
            "dirty CSV, keep-last deduplication",
            "dirty.csv",
            deduplicated,
            target=1.2,
        ),
        _way(
            database,
            files,
            "merge",
            "dirty CSV, merged into a new table, unique index on timestamp, device_id, model",
            "dirty.csv",
            {**merged, "key": ["timestamp", "device_id", "model"]},
            target=0.7,
        ),
        _way(
            database,
            files,
            "merge-devices",
            "dirty CSV, merged into a new table, unique index on device_id, model, timestamp",
            "dirty.csv",
            {**merged, **key},
        ),
        _way(database, files, "jsonl", "dirty JSON Lines", "dirty.jsonl", plain, target=1.4),
        _way(database, files, "gz", "dirty CSV, gz", "dirty.csv.gz", plain, target=1.4),
        _way(database, files, "zst", "dirty CSV, zst", "dirty.csv.zst", plain, target=1.4),
    ]
    if endpoint is not None:
        ways.append(
            _way(
                database, files, "s3", "dirty CSV from S3", "dirty.csv", plain, target=1.2, endpoint=endpoint
            )
        )
    return ways


def _way(
    database: BenchmarkDatabase,
    files: Files,
    name: str,
    title: str,
    file: str,
    options: Mapping[str, Any],
    *,
    target: float | None = None,
    endpoint: str | None = None,
) -> Way:
    pipeline = files.folder / f"pipeline-{name}.yaml"
    pipeline.write_text(_pipeline(options))
    uri = f"s3://bench/{file}" if endpoint else str(files.path(file))
    environment = {
        "AWS_ENDPOINT_URL": endpoint or "",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": "us-east-1",
    }
    return Way(
        name,
        f"loadstone, {title}",
        file,
        (
            *LOADSTONE,
            *("load", uri, "--dataset", "telemetry", "--file", str(pipeline)),
            *("--to", database.url, "--json"),
        ),
        lambda stdout: _verify(database, files.known(file), stdout, settled="key" in options),
        table_made=False,
        environment=environment if endpoint else {},
        target=target,
    )


def _pipeline(options: Mapping[str, Any]) -> str:
    """JSON is YAML, too."""
    columns = {
        name: {"type": kind, **_RULES.get(name, {}), **({"otherwise": {"set": 0}} if name in _RULES else {})}
        for name, kind in COLUMNS.items()
    }
    dataset = {"files": ["*"], "table": TABLE, "columns": columns, **options}
    return json.dumps({"name": "benchmarks", "datasets": {"telemetry": dataset}}, indent=1)


def _verify(database: BenchmarkDatabase, known: dict[str, Any], stdout: str, *, settled: bool) -> list[str]:
    """Every bad row rejected with its line, none other; the rest in the table, repeated keys settled."""
    (load,) = json.loads(stdout)["loads"]
    wanted = known["expected"]
    rows = wanted["inserted"] + (0 if settled else wanted["deduplicated"])
    found = database.ask(f"select count(*), sum(odometer_km) from {TABLE}").split("|")
    wrong = []
    if load["state"] != "loaded":
        wrong.append(f"{load['state']}: {load['error']}")
    if int(found[0]) != rows:
        wrong.append(f"{int(found[0]):,} rows, not {rows:,}")
    if settled and found[1] != wanted["sums"]["odometer_km"]:
        wrong.append(f"the odometers' sum is {found[1]}, not {wanted['sums']['odometer_km']}")
    repaired = sum(wanted["repaired"].values())
    if load["cells_repaired"] != repaired:
        wrong.append(f"{load['cells_repaired']:,} cells repaired, not {repaired:,}")
    lines = database.ask(
        f"select line_number from loadstone.rejects where load_id = {load['load_id']} order by 1"
    )
    rejected = [int(line) for line in lines.split()]
    planted = [line for line, _reason, _column in known["rejected_rows"]]
    if rejected != planted:
        missed, invented = set(planted) - set(rejected), set(rejected) - set(planted)
        wrong.append(f"{len(missed):,} bad rows were not rejected, {len(invented):,} good ones were")
    return wrong
