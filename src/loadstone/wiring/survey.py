"""What lies at a place: files by dataset, and what their first rows show. Reads, and asks no database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loadstone.core.columns import resolve_columns
from loadstone.core.decisions import agreed_decisions
from loadstone.core.evidence_needed import wide_layout
from loadstone.core.grouping import Group, group_files
from loadstone.core.planning import make_plan
from loadstone.errors import LoadstoneError, ObjectMissing
from loadstone.model.contract import Column
from loadstone.model.event import ObjectVersion
from loadstone.model.load import Layout
from loadstone.model.pipeline import Dataset
from loadstone.ports import Source
from loadstone.readers.automatic import AutomaticReader
from loadstone.readers.naming import named_format
from loadstone.sources import resolve
from loadstone.wiring.keys import likely_key

__all__ = ["Survey", "SurveyedDataset", "survey"]

#: Files of a dataset that are looked at: the first, the last and those between at even distances.
_LOOKED_AT = 3


@dataclass(frozen=True, slots=True)
class SurveyedDataset:
    """One dataset, as its files suggest it.

    Attributes:
        group: name, pattern, keys.
        looked_at: keys of the files that were opened.
        rows: how many rows of theirs were looked at.
        columns: with their types.
        evidence: column -> why it has its type.
        dialect: what was decided alike for all files that were looked at.
        key: what tells rows apart, or nothing.
        key_evidence: why.
        notes: what a person should know.
        error: why it cannot be read, where it cannot.
    """

    group: Group
    looked_at: tuple[str, ...] = ()
    rows: int = 0
    columns: tuple[Column, ...] = ()
    evidence: dict[str, str] | None = None
    dialect: dict[str, object] | None = None
    key: tuple[str, ...] = ()
    key_evidence: str = ""
    notes: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """A place.

    Attributes:
        source: as `source:` names it: a folder's absolute path, or `s3://bucket/prefix`.
        datasets: those that can be read, and those that cannot.
        left_out: keys of files whose names do not say that they hold data.
    """

    source: str
    datasets: tuple[SurveyedDataset, ...]
    left_out: tuple[str, ...]


def survey(uri: str) -> Survey:
    """Looks at what a URI means: a folder, a glob, a file, a bucket's prefix.

    Raises:
        ObjectMissing: nothing is there that could be read.
    """
    source, patterns = resolve(uri)
    versions = {v.key.removeprefix(source.prefix): v for v in source.list(patterns)}
    known = {key: v for key, v in versions.items() if len(versions) == 1 or named_format(key)[0] is not None}
    root, known = _rooted(source, known)
    if not known:
        raise ObjectMissing(
            "there is no file whose name says what it holds",
            where=uri,
            hint="name one (`loadstone init FILE`), or give the files an ending such as .csv or .jsonl",
        )
    datasets = tuple(_surveyed(source, group, known) for group in group_files(list(known)))
    left_out = tuple(key for key, v in versions.items() if v not in known.values())
    return Survey(root, datasets, left_out)


def _rooted(source: Source, versions: dict[str, ObjectVersion]) -> tuple[str, dict[str, ObjectVersion]]:
    """The source as `source:` names it; for S3 the folder that all keys have in common."""
    first = next(iter(versions.values()), None)
    if first is None or not first.uri.startswith("s3://"):
        return getattr(source, "bucket", ""), versions
    folder = first.key.rpartition("/")[0]
    while folder and not all(v.key.startswith(folder + "/") for v in versions.values()):
        folder = folder.rpartition("/")[0]
    below = f"{folder}/" if folder else ""
    return f"s3://{first.bucket}/{folder}".rstrip("/"), {
        v.key.removeprefix(below): v for v in versions.values()
    }


def _surveyed(source: Source, group: Group, versions: dict[str, ObjectVersion]) -> SurveyedDataset:
    keys = _chosen(group.keys)
    dataset = Dataset.unchecked(files=(group.pattern,), table=group.name)
    try:
        layouts = [_layout(source, versions[key], dataset) for key in keys]
        layout = _joined(layouts, is_complete=len(keys) == len(group.keys))
        planned = make_plan(dataset, resolve_columns(dataset), layout, None, {}, versions[keys[0]].uri)
    except LoadstoneError as error:
        return SurveyedDataset(group, error=str(error))
    columns = planned.plan.columns
    key, why = likely_key(columns, layout)
    return SurveyedDataset(
        group=group,
        looked_at=keys,
        rows=len(layout.sample),
        columns=columns,
        evidence=dict(planned.evidence),
        dialect=_agreed([one.dialect for one in layouts]),
        key=key,
        key_evidence=why,
        notes=tuple(_differences(keys, layouts)),
    )


def _agreed(dialects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What was decided alike for all of the files."""
    alike = {k: v for k, v in dialects[0].items() if all(other.get(k) == v for other in dialects)}
    return {**alike, "decided": agreed_decisions(dialects)}


def _chosen(keys: tuple[str, ...]) -> tuple[str, ...]:
    if len(keys) <= _LOOKED_AT:
        return keys
    step = (len(keys) - 1) / (_LOOKED_AT - 1)
    return tuple(keys[round(i * step)] for i in range(_LOOKED_AT))


def _layout(source: Source, version: ObjectVersion, dataset: Dataset) -> Layout:
    with (
        source.open(version) as stream,
        AutomaticReader().open(stream, version, dataset.format) as file,
    ):
        return wide_layout(file.layout, ())


def _joined(layouts: list[Layout], *, is_complete: bool) -> Layout:
    """The layouts of several files as one: all their names, all their rows."""
    names = tuple(dict.fromkeys(name for layout in layouts for name in layout.names))
    rows: list[tuple[str | None, ...]] = []
    kinds: list[frozenset[str]] = [frozenset()] * len(names)
    for layout in layouts:
        at = {name: i for i, name in enumerate(layout.names)}
        places = [at.get(name) for name in names]
        rows += (
            tuple(row[p] if p is not None and p < len(row) else None for p in places) for row in layout.sample
        )
        kinds = [
            kind | (layout.kinds[p] if p is not None and p < len(layout.kinds) else frozenset())
            for kind, p in zip(kinds, places, strict=True)
        ]
    is_complete = is_complete and all(layout.is_complete for layout in layouts)
    return layouts[0]._replace(
        names=names,
        sample=tuple(rows),
        is_complete=is_complete,
        kinds=tuple(kinds) if any(layout.kinds for layout in layouts) else (),
    )


def _differences(keys: tuple[str, ...], layouts: list[Layout]) -> Iterator[str]:
    first = layouts[0]
    for key, layout in zip(keys[1:], layouts[1:], strict=True):
        lacks = [name for name in first.names if name not in layout.names]
        adds = [name for name in layout.names if name not in first.names]
        if adds:
            yield f"{key} has {', '.join(adds)}, which {keys[0]} has not"
        if lacks:
            yield f"{key} lacks {', '.join(lacks)}"
