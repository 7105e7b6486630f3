"""Customers (by id), subscribers (by email) and visits (without a key), on Monday and again on Tuesday."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from loadstone.errors import UsageError
from loadstone.examples.example import DataFormat, GeneratedFile, Progress, write_ledger
from loadstone.examples.output import open_output
from loadstone.examples.table_per_file.files import encoded

__all__ = ["DELIVERIES", "FORMATS", "generate"]

#: Folders that are loaded one after another.
DELIVERIES = ("monday", "tuesday")

#: Of customers and visits; subscribers are always JSON Lines.
FORMATS: tuple[DataFormat, ...] = ("csv", "jsonl", "json", "xlsx", "parquet")

_ROWS = 10_000
_FEWEST = 30
_TOWNS = (("Dresden", "01067"), ("Leipzig", "04103"), ("Berlin", "10115"), ("Hamburg", "20095"))
_TIERS = ("gold", "silver", "bronze")

Row = Mapping[str, Any]


def generate(
    out: Path | str,
    *,
    rows: int | None = None,
    files: int = 1,
    format: DataFormat = "csv",  # noqa: A002  # the command line's own word
    dirty: float = 0.0,
    seed: int = 1,
    progress: Progress | None = None,
) -> list[GeneratedFile]:
    """Writes `monday/` and `tuesday/`: customers and visits in the format, subscribers as JSON Lines.

    Tuesday brings half of Monday's customers and subscribers again, changed, and as many new ones; balances
    get cents, and customers a column `tier`.

    Raises:
        UsageError: too few rows, several files, planted faults, or a format that it has not.
    """
    total = _ROWS if rows is None else rows
    _refuse(total, files, format, dirty)
    output = open_output(out)
    share = total // 6
    written: list[GeneratedFile] = []
    balance = 0
    for day, delivery in enumerate(DELIVERIES):
        # What has a key on Tuesday begins in the middle of Monday's.
        first = 1 + day * (share // 2)
        customers = list(_customers(Random(f"{seed} {delivery} customers"), first, share, day))  # noqa: S311
        kept = customers if day else customers[: share // 2]
        balance += sum(round(float(row["balance"]) * 100) for row in kept)
        tables = {
            f"customers.{format}": customers,
            "subscribers.jsonl": list(_subscribers(first, share, day)),
            f"visits.{format}": list(_visits(Random(f"{seed} {delivery} visits"), total // 2 - 2 * share)),  # noqa: S311
        }
        for name, made in tables.items():
            data = encoded(made, "jsonl" if name.endswith(".jsonl") else format)
            with output.open(f"{delivery}/{name}") as file:
                file.write(data)
            written.append(GeneratedFile(output.uri(f"{delivery}/{name}"), len(made), len(data)))
            if progress is not None:
                progress(sum(file.rows for file in written), total)
    visits = 2 * (total // 2 - 2 * share)
    again = share - share // 2
    write_ledger(
        output,
        "table_per_file",
        {
            "read": sum(file.rows for file in written),
            "updated": 2 * again,
            "customers": share + share // 2,
            "subscribers": share + share // 2,
            "visits": visits,
            "with_tier": share,
            "balance": balance,
        },
    )
    return written


def _refuse(rows: int, files: int, data_format: str, dirty: float) -> None:
    if rows < _FEWEST:
        raise UsageError(f"table-per-file has at least {_FEWEST} rows, not {rows:,}")
    if files != 1:
        raise UsageError(
            "table-per-file is six files: three tables, two deliveries", hint="leave --files out"
        )
    if dirty:
        raise UsageError(
            "table-per-file has no rules that could be broken, so no faults are planted",
            hint="leave --dirty out; car-telemetry takes it",
        )
    if data_format not in FORMATS:
        raise UsageError(f"table-per-file is written as {', '.join(FORMATS)}, not {data_format}")


def _customers(random: Random, first: int, rows: int, day: int) -> Iterator[Row]:
    for number in range(first, first + rows):
        town, postcode = _TOWNS[number % len(_TOWNS)]
        row = {
            "id": number,
            "Full Name": f"Customer {number}",
            "Town": town,
            "Postcode": postcode,
            "Joined": date(2000 + number % 25, 1 + number % 12, 1 + number % 28),
            "balance": random.randrange(1_000) if day == 0 else random.randrange(100_000) / 100,
        }
        if day:
            row["tier"] = _TIERS[number % len(_TIERS)]
        yield row


def _subscribers(first: int, rows: int, day: int) -> Iterator[Row]:
    for number in range(first, first + rows):
        yield {
            "email": f"reader{number}@example.org",
            "confirmed": bool(day) or number % 3 == 0,
            "topics": ["news"] * (1 + day),
        }


def _visits(random: Random, rows: int) -> Iterator[Row]:
    for number in range(rows):
        second = random.randrange(86_400)
        yield {
            "at": f"2026-05-04T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
            "page": f"/page/{number % 7}",
            "seconds": random.randrange(600),
        }
