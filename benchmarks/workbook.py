r"""The Online Retail workbook from file to committed table, beside `psql \copy` of the same rows as CSV.

    python -m benchmarks.workbook [--rows 541909] [--rounds 3]

Runs what is installed of openpyxl, pandas and fastexcel, too, once, and only until they hold the rows: their
part of such a load. Prints wall seconds, CPU seconds and peak memory of each process.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from importlib.util import find_spec
from itertools import chain, islice, repeat
from pathlib import Path

from benchmarks.database import benchmark_database, create_table
from benchmarks.online_retail_workbook import write_workbook
from benchmarks.process import Measurement, measure
from loadstone.core.names import column_name
from loadstone.examples.online_retail.data import COLUMNS, ROWS, records

_TYPES = {"Quantity": "bigint", "InvoiceDate": "timestamp", "UnitPrice": "numeric", "CustomerID": "bigint"}
_OTHERS = {
    "openpyxl": "import openpyxl; book = openpyxl.load_workbook({0!r}, read_only=True); "
    "all(True for _ in book.active.rows)",
    "pandas": "import pandas; pandas.read_excel({0!r})",
    "fastexcel": "import fastexcel; fastexcel.read_excel({0!r}).load_sheet(0).to_arrow()",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, benchmark_database() as database:
        book, text = Path(folder, "retail.xlsx"), Path(folder, "retail.csv")
        write_workbook(book, options.rows)
        with text.open("w", encoding="utf-8", newline="") as file:
            endless = chain.from_iterable(records() for _ in repeat(None))
            csv.writer(file).writerows(chain([COLUMNS], islice(endless, options.rows)))
        columns = {column_name(name): _TYPES.get(name, "text") for name in COLUMNS}
        load = [
            sys.executable,
            "-m",
            "loadstone",
            "load",
            str(book),
            "--table",
            "retail",
            "--to",
            database.url,
        ]
        for _ in range(options.rounds):
            database.prepare("retail", create_table("retail", columns))
            command = f"\\copy retail from '{text}' (format csv, header)"
            report("psql \\copy of the CSV", measure(database.psql_command(command)))
            database.prepare("retail", "drop schema if exists loadstone cascade")
            report("loadstone load", measure(load))
            print(f"  {int(database.ask('select count(*) from retail')):,} rows")
        for name, program in _OTHERS.items():
            if find_spec(name) is not None:
                report(f"{name}, read only", measure([sys.executable, "-c", program.format(str(book))]))


def report(name: str, found: Measurement) -> None:
    """Prints one line."""
    memory = found.peak_rss_bytes / 2**20
    print(f"{name:24} {found.seconds:7.2f} s {found.cpu_seconds:7.2f} s CPU {memory:7.0f} MB", flush=True)


if __name__ == "__main__":
    main()
