"""What bronze must hold, computed from the data by plain Python; and what it does hold."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from pathlib import Path

from loadstone.examples.example import Check, Expected, Query, read_ledgers
from loadstone.examples.online_retail.data import COLUMNS, records

__all__ = ["TABLE", "check", "expected"]

TABLE = "bronze.raw_transactions"

_HIGHEST_PRICE = Decimal(10_000)
_DESCRIPTION, _QUANTITY, _PRICE, _CUSTOMER = map(
    COLUMNS.index, ("Description", "Quantity", "UnitPrice", "CustomerID")
)

_FIGURES = {
    "rows": "count(*)",
    "sum of quantity": "sum(quantity)",
    "sum of quantity x price": "sum(quantity * unitprice)",
    "rows described as UNKNOWN": "count(*) filter (where description = 'UNKNOWN')",
    "rows without a customer": "count(*) filter (where customerid is null)",
}


def expected(folder: Path) -> Expected:
    """The figures for the delivery that `generate` left in `folder`."""
    delivered = read_ledgers(folder)[-1]["rows"]
    rejected = quantity = undescribed = without_customer = 0
    revenue = Decimal(0)
    for row in islice(records(), delivered):
        price = Decimal(row[_PRICE])
        if not 0 <= price <= _HIGHEST_PRICE:
            rejected += 1
            continue
        quantity += int(row[_QUANTITY])
        revenue += int(row[_QUANTITY]) * price
        undescribed += not row[_DESCRIPTION]
        without_customer += not row[_CUSTOMER]
    loaded = delivered - rejected
    figures = (loaded, quantity, revenue, undescribed, without_customer)
    return Expected(
        rows_read=delivered,
        rows_loaded=loaded,
        rejected={"unit price outside 0 to 10,000": rejected} if rejected else {},
        figures=dict(zip(_FIGURES, figures, strict=True)),
    )


def check(query: Query, wanted: Expected) -> list[Check]:
    """Compares bronze with `wanted`."""
    (found,) = query(f"select {', '.join(_FIGURES.values())} from {TABLE}")  # noqa: S608  # constants
    return [Check(name, wanted.figures[name], value) for name, value in zip(_FIGURES, found, strict=True)]
