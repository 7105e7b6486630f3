"""What `car_data` must hold after all files of a run, as the generator knows it; and what it does hold."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from loadstone.errors import UsageError
from loadstone.examples.car_telemetry.fleet import MEASURES
from loadstone.examples.example import Check, Expected, Query, read_ledgers

__all__ = ["TABLE", "check", "expected"]

TABLE = "public.car_data"

_FIGURES = {
    "rows": "count(*)",
    "distinct keys": "count(distinct (device_id, model, timestamp))",
    **{f"sum of {name}": f"sum({name}::numeric)" for name in MEASURES},
}


def expected(folder: Path) -> Expected:
    """The figures for all files of the run that `generate` left in `folder`, loaded in order of name.

    Raises:
        UsageError: the folder holds files of several runs, whose keys are the same.
    """
    documents = read_ledgers(folder)
    if any(document["run"] != documents[0]["run"] for document in documents):
        raise UsageError(
            "holds files of several runs, which tell of the same cars at the same times",
            where=str(folder),
            hint="generate each run into a folder of its own",
        )
    outcomes: list[dict[str, Any]] = [document["expected"] for document in documents]
    rows = sum(outcome["inserted"] for outcome in outcomes)
    sums = [sum(Decimal(outcome["sums"][name]) for outcome in outcomes) for name in MEASURES]
    return Expected(
        rows_read=sum(document["rows"] for document in documents),
        rows_loaded=rows,
        rejected=dict(sum((Counter(outcome["rejected"]) for outcome in outcomes), Counter())),
        deduplicated=sum(outcome["deduplicated"] for outcome in outcomes),
        updated=sum(outcome["updated"] for outcome in outcomes),
        repaired=dict(sum((Counter(outcome["repaired"]) for outcome in outcomes), Counter())),
        figures=dict(zip(_FIGURES, (rows, rows, *sums), strict=True)),
    )


def check(query: Query, wanted: Expected) -> list[Check]:
    """Compares the table with `wanted`."""
    (found,) = query(f"select {', '.join(_FIGURES.values())} from {TABLE}")  # noqa: S608  # constants
    return [Check(name, wanted.figures[name], value) for name, value in zip(_FIGURES, found, strict=True)]
