"""Which dataset a file belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from loadstone.core.patterns import matches
from loadstone.errors import ConfigurationError, UsageError
from loadstone.model.pipeline import Dataset

__all__ = ["route"]


def route(key: str, datasets: Mapping[str, Dataset]) -> str:
    """The name of the one dataset whose `files` match the key.

    Raises:
        UsageError: no dataset matches.
        ConfigurationError: two or more do.
    """
    found = [
        name for name, dataset in datasets.items() if any(matches(key, pattern) for pattern in dataset.files)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigurationError(
            f"{len(found)} datasets match this file: {', '.join(found)}",
            where=key,
            hint="make their `files` patterns exclude one another, or name one with --dataset",
        )
    patterns = [pattern for dataset in datasets.values() for pattern in dataset.files]
    import difflib  # noqa: PLC0415 - only where no pattern matches

    near = difflib.get_close_matches(key, patterns, n=1, cutoff=0.0)
    raise UsageError(
        "no dataset matches this file",
        where=key,
        hint=f"the nearest pattern is {near[0]!r}; add one to a dataset's `files`, or use --dataset"
        if near
        else "name a table with --table",
    )
