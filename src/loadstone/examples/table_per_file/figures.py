"""What the three tables must hold after both deliveries, and what they do hold."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from loadstone.examples.example import Check, Expected, Query, read_ledgers

__all__ = ["check", "expected"]

_FIGURES = {
    "customers": "select count(*) from customers",
    "different ids": "select count(distinct id) from customers",
    "sum of balance": "select sum(balance) from customers",
    "postcodes that begin with 0": "select count(distinct postcode) from customers where postcode like '0%'",
    "customers with a tier": "select count(tier) from customers",
    "subscribers": "select count(*) from subscribers",
    "visits": "select count(*) from visits",
    "types of postcode, joined, balance": (
        "select string_agg(format_type(atttypid, atttypmod), ', ' order by attnum) from pg_attribute"
        " where attrelid = 'customers'::regclass and attname in ('postcode', 'joined', 'balance')"
    ),
}


def expected(folder: Path) -> Expected:
    """The figures for the deliveries that `generate` left in `folder`."""
    known = read_ledgers(folder)[-1]
    customers, read = known["customers"], known["read"]
    figures = (
        customers,
        customers,
        Decimal(known["balance"]) / 100,
        2,
        known["with_tier"],
        known["subscribers"],
        known["visits"],
        "text, date, numeric",
    )
    return Expected(
        rows_read=read,
        rows_loaded=customers + known["subscribers"] + known["visits"],
        updated=known["updated"],
        figures=dict(zip(_FIGURES, figures, strict=True)),
    )


def check(query: Query, wanted: Expected) -> list[Check]:
    """Compares the tables with `wanted`."""
    return [Check(name, wanted.figures[name], query(sql)[0][0]) for name, sql in _FIGURES.items()]
