"""Which dataset a file belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from loadstone.core.members import is_archive_key, matches_file, split_member
from loadstone.core.patterns import matches
from loadstone.errors import ConfigurationError, UsageError
from loadstone.model.pipeline import Dataset

__all__ = ["matching", "route"]


def route(key: str, datasets: Mapping[str, Dataset]) -> str:
    """The name of the one dataset whose `files` match the key.

    For a file in an archive, patterns with `!/` come before those that mean the archive as a whole.

    Raises:
        UsageError: no dataset matches.
        ConfigurationError: two or more do.
    """
    found = matching(key, datasets)
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


def matching(key: str, datasets: Mapping[str, Dataset]) -> list[str]:
    """The names of the datasets whose `files` match the key."""
    found = [name for name, dataset in datasets.items() if any(matches_file(key, p) for p in dataset.files)]
    if split_member(key) is not None:
        closer = [name for name in found if _leads_to(key, datasets[name])]
        return closer or found
    if found or not is_archive_key(key):
        return found
    # An archive that cannot be looked into: whoever wants what is in it is told.
    wanting = (name for name, dataset in datasets.items() if _wants_from(key, dataset))
    return [name for name in (next(wanting, None),) if name is not None]


def _leads_to(key: str, dataset: Dataset) -> bool:
    return any(split_member(p) is not None and matches_file(key, p) for p in dataset.files)


def _wants_from(archive: str, dataset: Dataset) -> bool:
    members = (split_member(pattern) for pattern in dataset.files)
    return any(member is not None and matches(archive, member.archive) for member in members)
