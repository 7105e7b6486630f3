r"""The Online Retail workbook from file to committed table, beside psql's `\copy` of the same rows as CSV.

    python -m benchmarks.workbook --rounds 7
    python -m benchmarks.workbook --rounds 5 --rows 541909 1000000 --others

How it is measured is told in README.md. `--others` runs openpyxl, pandas and fastexcel, too, in environments
of their own, and only until they have read the rows: their part of such a load. Fails where more memory is
taken than the limit.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from pathlib import Path

from benchmarks.database import BenchmarkDatabase, benchmark_database, create_table
from benchmarks.environments import InstallFailed, python_with
from benchmarks.generate_telemetry import DATA
from benchmarks.machine import Machine, this_machine
from benchmarks.online_retail_workbook import write_workbook
from benchmarks.report import Results, write
from benchmarks.run import RESULTS, run_rounds
from benchmarks.ways import BASELINE, LOADSTONE, TABLE, Way
from loadstone.core.names import column_name
from loadstone.examples.online_retail.data import COLUMNS, ROWS, records

__all__ = ["main"]

BOOK, TEXT = "retail.xlsx", "retail.csv"
#: Peak memory of a load.
LIMIT_MB = 96
#: At most twice the time of the baseline.
TARGET = 0.5

#: The types that a load finds by itself; the baseline's table has the same.
_TYPES = {"Quantity": "bigint", "InvoiceDate": "timestamp", "UnitPrice": "numeric", "CustomerID": "bigint"}
_TABLE_COLUMNS = {column_name(name): _TYPES.get(name, "text") for name in COLUMNS}
_FACTS = (
    "select count(*), sum(quantity), sum(quantity * unitprice), count(customerid), "
    "count(distinct invoiceno), max(invoicedate), sum(length(description)) from "
)


@dataclass(frozen=True, slots=True)
class _Reader:
    """What else reads workbooks.

    Attributes:
        title: for people.
        packages: of its environment.
        program: reads the whole file named by its argument, and no more.
    """

    title: str
    packages: tuple[str, ...]
    program: str


_READERS = (
    _Reader(
        "openpyxl, read-only",
        ("openpyxl",),
        "import openpyxl, sys; book = openpyxl.load_workbook(sys.argv[1], read_only=True); "
        "all(True for _ in book.active.rows)",
    ),
    _Reader(
        "fastexcel, to Arrow",
        ("fastexcel", "pyarrow"),
        "import fastexcel, sys; fastexcel.read_excel(sys.argv[1]).load_sheet(0).to_arrow()",
    ),
    _Reader(
        "pandas with calamine",
        ("pandas", "python-calamine"),
        "import pandas, sys; pandas.read_excel(sys.argv[1], engine='calamine')",
    ),
    _Reader(
        "pandas with openpyxl", ("pandas", "openpyxl"), "import pandas, sys; pandas.read_excel(sys.argv[1])"
    ),
)


def make(folder: Path, rows: int) -> None:
    """Writes the workbook and the CSV of the same rows, if they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    book, text = folder / BOOK, folder / TEXT
    if not text.exists():
        with text.open("w", encoding="utf-8", newline="") as file:
            endless = chain.from_iterable(records() for _ in repeat(None))
            csv.writer(file).writerows(chain([COLUMNS], islice(endless, rows)))
    if not book.exists():
        unfinished = book.with_suffix(".part")
        write_workbook(unfinished, rows)
        unfinished.rename(book)


def workbook_ways(database: BenchmarkDatabase, folder: Path) -> list[Way]:
    r"""`\copy` of the CSV; the workbook with no configuration but the table, and without lineage columns."""
    book = str(folder / BOOK)
    pipeline = folder / "pipeline.yaml"
    dataset = {"files": ["*"], "table": TABLE, "lineage": False}
    pipeline.write_text(json.dumps({"name": "benchmarks", "datasets": {"retail": dataset}}), "utf-8")
    to = ("--to", database.url, "--json")
    return [
        Way(
            BASELINE,
            r"psql `\copy`, the rows as CSV",
            TEXT,
            tuple(database.psql_command(_copy(folder))),
            _verify(database),
            columns=_TABLE_COLUMNS,
        ),
        Way(
            "workbook",
            "loadstone, workbook",
            BOOK,
            (*LOADSTONE, "load", book, "--table", TABLE, *to),
            _verify(database),
            table_made=False,
            target=TARGET,
        ),
        Way(
            "workbook-plain",
            "loadstone, workbook, without lineage",
            BOOK,
            (*LOADSTONE, "load", book, "--dataset", "retail", "--file", str(pipeline), *to),
            _verify(database),
            table_made=False,
            target=TARGET,
        ),
    ]


def other_ways(folder: Path) -> tuple[list[Way], dict[str, str]]:
    """What else reads workbooks, each in an environment of its own; and what could not be installed."""
    book = str(folder / BOOK)
    ways, left_out = [], {}
    for reader in _READERS:
        try:
            python = str(python_with(reader.packages))
        except InstallFailed as error:
            left_out[reader.title] = str(error)
            continue
        command = (python, "-c", reader.program, book)
        title = f"{reader.title}, reading alone"
        ways.append(Way(reader.title, title, BOOK, command, lambda _: [], table_made=False))
    return ways, left_out


def _copy(folder: Path) -> str:
    return rf"\copy {TABLE} from '{folder / TEXT}' (format csv, header)"


def _verify(database: BenchmarkDatabase) -> Callable[[str], list[str]]:
    """Whether the table holds what `known_rows` does."""

    def verify(stdout: str) -> list[str]:
        wrong = []
        if stdout.startswith("{"):
            (load,) = json.loads(stdout)["loads"]
            wrong = [] if load["state"] == "loaded" else [f"{load['state']}: {load['error']}"]
        found, known = (database.ask(_FACTS + name) for name in (TABLE, "known_rows"))
        return wrong + ([] if found == known else [f"the table has {found}, not {known}"])

    return verify


def _measure(
    machine: Machine, database: BenchmarkDatabase, rows: int, options: argparse.Namespace
) -> Results:
    folder = options.data / f"retail-{rows}"
    print(f"writing {rows:,} rows to {folder}, where they are not there yet", file=sys.stderr)
    make(folder, rows)
    database.prepare(TABLE, create_table(TABLE, _TABLE_COLUMNS))
    database.ask(_copy(folder))
    database.ask(f"drop table if exists known_rows; alter table {TABLE} rename to known_rows")
    others, left_out = other_ways(folder) if options.others else ([], {})
    ways = [*workbook_ways(database, folder), *others]
    taken = run_rounds(database, ways, options.rounds, folder)
    sizes = {way.name: (folder / way.file).stat().st_size for way in ways}
    return Results(machine, database.version, rows, ways, sizes, taken, left_out)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line; ends with 1 where a load took more memory than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, nargs="+", default=[ROWS])
    parser.add_argument("--others", action="store_true", help="what else reads workbooks, too")
    parser.add_argument(
        "--url", help="a database to use instead of an embedded one: it loses its schema loadstone"
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    machine = this_machine()
    peak = 0.0
    for rows in options.rows:
        with benchmark_database(options.url) as database:
            results = _measure(machine, database, rows, options)
        for path in write(results, options.out, "workbook" if rows == ROWS else f"workbook-{rows}"):
            print(path)
        print(results.table())
        own = [one for name in ("workbook", "workbook-plain") for one in results.taken[name]]
        peak = max(peak, *(one.peak_rss_bytes / 1e6 for one in own))
    if peak > LIMIT_MB:
        raise SystemExit(f"a load took {peak:.0f} MB; the limit is {LIMIT_MB}")


if __name__ == "__main__":
    main()
