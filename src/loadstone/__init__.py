"""Files that land in object storage become rows in PostgreSQL: typed, checked, merged, exactly once.

The public API; everything else is inside.

    >>> import loadstone
    >>> loadstone.load("orders.csv", to="postgresql://localhost/shop", table="orders")

or, with the datasets of a `pipeline.yaml`:

    >>> pipeline = loadstone.Pipeline.from_file("pipeline.yaml")
    >>> for outcome in pipeline.load("s3://landing/telemetry/"):
    ...     print(outcome.uri, outcome.state, outcome.counts.loaded)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadstone.errors import LoadstoneError, Terminal, Transient
    from loadstone.model.load import Counts, LoadOutcome
    from loadstone.model.pipeline import ColumnConfig, Dataset, RejectLimit
    from loadstone.wiring.api import Pipeline, load

__all__ = [
    "ColumnConfig",
    "Counts",
    "Dataset",
    "LoadOutcome",
    "LoadstoneError",
    "Pipeline",
    "RejectLimit",
    "Terminal",
    "Transient",
    "load",
]
__version__ = "0.1.0"

# Imported on first use: a command that only prints its help must not pay for the database driver.
_HOMES = {
    "ColumnConfig": "loadstone.model.pipeline",
    "Counts": "loadstone.model.load",
    "Dataset": "loadstone.model.pipeline",
    "LoadOutcome": "loadstone.model.load",
    "LoadstoneError": "loadstone.errors",
    "Pipeline": "loadstone.wiring.api",
    "RejectLimit": "loadstone.model.pipeline",
    "Terminal": "loadstone.errors",
    "Transient": "loadstone.errors",
    "load": "loadstone.wiring.api",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415 - not needed by who prints a help text

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
