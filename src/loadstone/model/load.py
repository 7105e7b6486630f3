"""A load: one object into one dataset, asked for, counted and answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from loadstone.model.event import ObjectVersion
from loadstone.model.types import PgType

__all__ = [
    "ChildCounts",
    "Counts",
    "Layout",
    "LoadOutcome",
    "LoadRecord",
    "LoadRequest",
    "OutcomeState",
    "RecordState",
]

OutcomeState = Literal["loaded", "skipped", "in_progress", "superseded", "failed", "removed"]
RecordState = Literal[
    "running", "loaded", "failed", "abandoned", "superseded", "replaced", "removed", "undone"
]


class Counts(Struct, frozen=True):
    """The sum that must be right.

    read = inserted + updated + unchanged + deduplicated + discarded + rejected

    `repaired` counts cells, the others rows.
    """

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deduplicated: int = 0
    discarded: int = 0
    rejected: int = 0
    repaired: int = 0

    @property
    def loaded(self) -> int:
        """Rows of the file that the table holds now."""
        return self.inserted + self.updated + self.unchanged

    @property
    def difference(self) -> int:
        """Rows unaccounted for; 0 in a load that may commit."""
        return self.read - self.loaded - self.deduplicated - self.discarded - self.rejected

    def plus(self, **more: int) -> Counts:
        """The counts with some of them increased."""
        return replace(self, **{name: getattr(self, name) + value for name, value in more.items()})

    def as_json(self) -> dict[str, int]:
        """Under the names that the ledger has for them: a part of the command line's contract."""
        return {
            "rows_read": self.read,
            "rows_loaded": self.loaded,
            "rows_inserted": self.inserted,
            "rows_updated": self.updated,
            "rows_unchanged": self.unchanged,
            "rows_deduplicated": self.deduplicated,
            "rows_discarded": self.discarded,
            "rows_rejected": self.rejected,
            "cells_repaired": self.repaired,
        }


class ChildCounts(NamedTuple):
    """What became of the elements of the records that were taken, for one child table.

    read = inserted + discarded + left_out

    Attributes:
        key: under which the elements stand.
        table: as configured.
        read: elements.
        inserted: rows that are new in the table.
        discarded: elements that the contract left out.
        left_out: elements of records that are not in the table in the end: a later record of the same key is,
            or a newer one was there, or the database refused the record.
    """

    key: str
    table: str
    read: int = 0
    inserted: int = 0
    discarded: int = 0
    left_out: int = 0

    @property
    def difference(self) -> int:
        """Elements unaccounted for; 0 in a load that may commit."""
        return self.read - self.inserted - self.discarded - self.left_out

    def plus(self, other: ChildCounts) -> ChildCounts:
        """The sums of both."""
        return ChildCounts(*self[:2], *(a + b for a, b in zip(self[2:], other[2:], strict=True)))

    def as_json(self) -> dict[str, Any]:
        """The command line's contract, and the ledger's."""
        return {name if name in {"key", "table"} else f"rows_{name}": n for name, n in self._asdict().items()}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> ChildCounts:
        """What `as_json` made."""
        return cls(**{name.removeprefix("rows_"): value for name, value in told.items()})


class Layout(NamedTuple):
    """What a reader found out about a file before reading it.

    Attributes:
        names: the columns in the file's order; for JSON Lines, the keys of the sample.
        dialect: what was decided (format, delimiter, quote, encoding, compression), for the ledger.
        sample: rows as text, one per record, in the order of `names`; None for a missing cell.
        is_complete: whether the sample is the whole file.
        kinds: for JSON, per name, the kinds of value that the sample shows: `string`, `number`, `boolean`,
            `null`, `nested`; empty for other formats. Text alone cannot tell "12" from 12.
        notes: what was decided that a person should know of.
        types: for formats whose columns have types, these as PostgreSQL has them; empty for other formats.
        seen: where in the file the sample is from, where it is not its first rows alone.
        further: looks at more of the file, its end too, and returns the layout with that; None where there
            is no more to look at. To be called before the records are read.
    """

    names: tuple[str, ...]
    dialect: Mapping[str, Any]
    sample: tuple[tuple[str | None, ...], ...] = ()
    is_complete: bool = False
    kinds: tuple[frozenset[str], ...] = ()
    notes: tuple[str, ...] = ()
    types: tuple[PgType, ...] = ()
    seen: str = ""
    further: Callable[[], Layout] | None = None

    @property
    def noted(self) -> dict[str, Any]:
        """What the ledger keeps: the dialect, and the names, without which a record means little."""
        return {**self.dialect, "names": list(self.names)}


class LoadRequest(Struct, frozen=True):
    """One object version asked into one dataset.

    Attributes:
        pipeline: the pipeline's name.
        dataset: the dataset's name.
        table: the table as configured, schema-qualified or not; the ledger makes one name of both.
        version: the object version.
        sequencer: of the event that asked, where it had one.
        config_hash: what the dataset's configuration hashes to.
        worker: host and process, for people.
        again: load even if this very version is the current load (replay): its rows go first.
        is_event: an event asked, rather than a person: what is older than what stands is then superseded.
        replay_of: the load whose rejected rows are tried again, under its load id and their row numbers; no
            row of the ledger is added, its counts move from rejected to what became of the rows.
    """

    pipeline: str
    dataset: str
    table: str
    version: ObjectVersion
    sequencer: str | None = None
    config_hash: str = ""
    worker: str = ""
    again: bool = False
    is_event: bool = False
    replay_of: int | None = None


class LoadOutcome(Struct, frozen=True):
    """The answer to a request: what `load --json` prints, and what the Python API returns.

    `evidence` says for each column whose type the file's values decided why it has that type; `children` what
    became of the elements of lists that have tables of their own; `is_transient`, of what failed, that
    another try may succeed.
    """

    state: OutcomeState
    uri: str
    dataset: str
    table: str
    load_id: int | None = None
    counts: Counts = field(default_factory=Counts)
    bytes: int = 0
    seconds: float = 0.0
    error: str | None = None
    error_code: str | None = None
    hint: str | None = None
    dialect: Mapping[str, Any] | None = None
    columns: tuple[Mapping[str, str | None], ...] = ()
    notes: tuple[str, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    children: tuple[ChildCounts, ...] = ()
    is_transient: bool = False

    def as_json(self) -> dict[str, Any]:
        """The command line's contract."""
        return {
            "load_id": self.load_id,
            "dataset": self.dataset,
            "table": self.table,
            "uri": self.uri,
            "state": self.state,
            **self.counts.as_json(),
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "error": self.error,
            "error_code": self.error_code,
            "hint": self.hint,
            "dialect": dict(self.dialect) if self.dialect is not None else None,
            "columns": [dict(column) for column in self.columns],
            "notes": list(self.notes),
            "evidence": dict(self.evidence),
            "children": [child.as_json() for child in self.children],
        }


class LoadRecord(Struct, frozen=True):
    """One row of the ledger, as `history` shows it."""

    load_id: int
    pipeline: str
    dataset: str
    table: str
    bucket: str
    key: str
    uri: str
    state: RecordState
    is_current: bool
    attempt: int
    counts: Counts
    size_bytes: int | None
    version_id: str | None
    etag: str | None
    object_time: datetime | None
    sequencer: str | None
    started_at: datetime
    finished_at: datetime | None
    error_code: str | None
    error: str | None
    dialect: Mapping[str, Any] | None
    worker: str | None

    @property
    def seconds(self) -> float | None:
        """That it took; None while it is running."""
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()

    @property
    def bucket_uri(self) -> str:
        """The source that the object came from: `s3://bucket`, or a folder."""
        return f"s3://{self.bucket}" if self.uri.startswith("s3://") else self.bucket
