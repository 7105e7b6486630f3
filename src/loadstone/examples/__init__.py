"""Pipelines that run from the package itself: each has its data, and the figures that a run must give."""

from __future__ import annotations

import difflib

from loadstone.errors import UsageError
from loadstone.examples.car_telemetry import CAR_TELEMETRY
from loadstone.examples.example import (
    Check,
    DataFormat,
    Example,
    Expected,
    GeneratedFile,
    Progress,
    Query,
)
from loadstone.examples.online_retail import ONLINE_RETAIL
from loadstone.examples.table_per_file import TABLE_PER_FILE

__all__ = [
    "EXAMPLES",
    "Check",
    "DataFormat",
    "Example",
    "Expected",
    "GeneratedFile",
    "Progress",
    "Query",
    "get",
]

#: By name, in the order in which the demonstration runs them.
EXAMPLES = {example.name: example for example in (CAR_TELEMETRY, ONLINE_RETAIL, TABLE_PER_FILE)}


def get(name: str) -> Example:
    """The example of that name.

    Raises:
        UsageError: there is none; the hint names the nearest.
    """
    try:
        return EXAMPLES[name]
    except KeyError:
        near = difflib.get_close_matches(name.replace("_", "-"), EXAMPLES, n=1, cutoff=0.5)
        known = ", ".join(EXAMPLES)
        hint = f"did you mean {near[0]}?" if near else f"there are: {known}"
        raise UsageError(f"there is no example {name!r}", hint=hint) from None
