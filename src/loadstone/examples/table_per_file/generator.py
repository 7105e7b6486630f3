"""Customers (by id), subscribers (by email) and visits (without a key), on Monday and again on Tuesday."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import Any

from loadstone.errors import UsageError
from loadstone.examples.example import DataFormat, GeneratedFile, Progress, Request, write_ledger
from loadstone.examples.output import Output
from loadstone.examples.table_per_file.files import encoded

__all__ = ["DELIVERIES", "FORMATS", "write"]

#: Folders that are loaded one after another.
DELIVERIES = ("monday", "tuesday")

#: Of customers and visits; subscribers are always JSON Lines.
FORMATS: tuple[DataFormat, ...] = ("csv", "jsonl", "json", "xlsx", "parquet")

_FEWEST = 30
_TOWNS = (("Dresden", "01067"), ("Leipzig", "04103"), ("Berlin", "10115"), ("Hamburg", "20095"))
_TIERS = ("gold", "silver", "bronze")

Row = Mapping[str, Any]


def write(output: Output, request: Request, progress: Progress) -> list[GeneratedFile]:
    """Writes `monday/` and `tuesday/`: customers and visits in the format, subscribers as JSON Lines.

    Tuesday brings half of Monday's customers and subscribers again, changed, and as many new ones; balances
    get cents, and customers a column `tier`.

    Raises:
        UsageError: too few rows.
    """
    total, layout, seed = request.rows, request.format, request.seed
    if total < _FEWEST:
        raise UsageError(f"table-per-file has at least {_FEWEST} rows, not {total:,}")
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
            f"customers.{layout}": customers,
            "subscribers.jsonl": list(_subscribers(first, share, day)),
            f"visits.{layout}": list(_visits(Random(f"{seed} {delivery} visits"), total // 2 - 2 * share)),  # noqa: S311
        }
        for name, made in tables.items():
            data = encoded(made, "jsonl" if name.endswith(".jsonl") else layout)
            with output.open(f"{delivery}/{name}") as file:
                file.write(data)
            written.append(GeneratedFile(output.uri(f"{delivery}/{name}"), len(made), len(data)))
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
