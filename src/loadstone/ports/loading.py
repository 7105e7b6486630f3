"""What loads ask of the outside: objects and their readers, the database and its transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from loadstone.model.batch import Chunk, Reject
from loadstone.model.contract import Column, LoadPlan
from loadstone.model.event import Event, ObjectVersion
from loadstone.model.load import (
    ChildCounts,
    Counts,
    Layout,
    LoadRecord,
    LoadRequest,
    OutcomeState,
)
from loadstone.model.pipeline import Dataset, Format
from loadstone.model.table import TableShape

__all__ = ["Admission", "ByteStream", "Database", "LoadTransaction", "OpenFile", "Reader", "Source"]


class ByteStream(Protocol):
    """Bytes of one object version, front to back."""

    def read(self, size: int, /) -> bytes | memoryview:
        """Up to `size` bytes; empty at the end.

        Raises:
            ObjectChanged: the version is no longer there.
            SourceUnavailable: the store does not answer, after resuming was tried.
        """

    def close(self) -> None:
        """Gives back what the stream holds."""


class Source(Protocol):
    """A bucket with a prefix, or a folder.

    The keys of versions are whole, as events have them; patterns are matched with what follows the prefix.
    """

    @property
    def prefix(self) -> str:
        """Empty, or ending in `/`."""

    def list(self, patterns: Sequence[str]) -> Iterator[ObjectVersion]:
        """The current versions of all keys that match one of the patterns, in the order of their keys."""

    def head(self, key: str, version_id: str | None = None) -> ObjectVersion:
        """The current version of a key, or the one named, where the store keeps versions.

        Raises:
            ObjectMissing: there is none.
        """

    def open(self, version: ObjectVersion) -> AbstractContextManager[ByteStream]:
        """Streams exactly this version, or fails with `ObjectChanged`."""


class OpenFile(Protocol):
    """A file whose layout is known and whose records are ready to be read once."""

    @property
    def layout(self) -> Layout:
        """Names, dialect and sample."""

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the source so far (compressed where it is): what a progress bar shows."""

    @property
    def sha256(self) -> str:
        """Of the bytes as stored; complete once all chunks were read."""

    def chunks(self, plan: LoadPlan) -> Iterator[Chunk]:
        """The records as binary tuples and rejects, block by block.

        Raises:
            FormatError: the file as a whole cannot be read.
        """

    def encode(self, records: Sequence[bytes], plan: LoadPlan) -> Chunk:
        """Single records, as rejects keep them, under another plan and numbered from 1; nothing is read."""


class Reader(Protocol):
    """Turns the bytes of one file into an `OpenFile`: decompresses, decides the dialect, reads the header."""

    def open(
        self, stream: ByteStream, version: ObjectVersion, file_format: Format
    ) -> AbstractContextManager[OpenFile]:
        """Looks at the head of the file.

        Raises:
            FormatError: not a file of this format, or empty.
        """


class Admission(Struct, frozen=True):
    """Whether a load may go ahead; if not, what the answer is.

    Attributes:
        state: None when admitted; else `skipped`, `in_progress` or `superseded`.
        transaction: the open transaction, when admitted.
        reason: for people, when not admitted.
        load_id: of the load that stands instead, when not admitted and known.
    """

    state: OutcomeState | None
    transaction: LoadTransaction | None = None
    reason: str | None = None
    load_id: int | None = None


class LoadTransaction(Protocol):
    """One load's transaction: its rows, its rejects and its ledger row commit together or not at all.

    Calls come in this order: `prepare`, then any number of `write`, then `finish`, then `commit`; `rollback`
    at any point. The context manager rolls back what was not committed and gives the slot back; where an
    interrupt (Ctrl-C, `SystemExit`) ends it, it withdraws.
    """

    @property
    def load_id(self) -> int:
        """The ledger's number of this load."""

    @property
    def table(self) -> TableShape | None:
        """The table as it is now; None where it does not exist."""

    def look_up(self, table: str) -> TableShape | None:
        """Another table as it is now: a child's; None where it does not exist."""

    @property
    def children(self) -> Sequence[ChildCounts]:
        """After `finish`, what became of the elements of the records."""

    def prepare(self, plan: LoadPlan, layout: Layout) -> LoadPlan:
        """Makes ready: the table is created where absent, rows of an older version go, staging is set up.

        Returns the plan to encode with: with `trace`, `row_numbers` and text columns as the chosen way needs.

        Raises:
            TableMismatch: the table does not fit the plan.
            TableBusy: another load holds the table for itself.
        """

    def write(self, chunk: Chunk) -> None:
        """Hands over a chunk; the COPY runs beside the next call. Keeps the chunk's rejects, too."""

    def confirm(self, sha256: str) -> int | None:
        """Whether these bytes are what stands for the key already: a local file that was only touched.

        Then nothing is changed but the time that the ledger has of it, this transaction is withdrawn, and
        the load that stands is returned. None in every other case. Merges never answer so: there a later
        delivery of the same rows is newer than what other files brought in between.
        """

    def finish(self, counts: Counts, *, sha256: str, source_bytes: int) -> Counts:
        """Settles duplicates, merges, builds indexes, writes rejects and the ledger row.

        Takes what was read, discarded, rejected and repaired so far; returns the full counts.

        Raises:
            BalanceError: the rows do not add up.
        """

    @property
    def refused(self) -> Sequence[int]:
        """Row numbers that the database refused and whose raw text is still to be given (see `explain`)."""

    def explain(self, rejects: Iterable[Reject]) -> None:
        """Gives place and raw text for rows in `refused`, from a second look at the file."""

    def commit(self) -> None:
        """Commits; resolves a COMMIT whose answer was lost.

        Raises:
            ConnectionLost: it did not commit.
        """

    def rollback(self) -> None:
        """Undoes everything; harmless when already committed."""

    def withdraw(self) -> None:
        """Undoes everything and takes the `running` row back: there is nothing to tell."""


class Database(Protocol):
    """The destination and its ledger."""

    def admit(self, request: LoadRequest, dataset: Dataset) -> AbstractContextManager[Admission]:
        """Takes a slot and the object's lock, looks at the ledger, and opens the load's transaction.

        Raises:
            SlotUnavailable: the fleet's cap is reached; nothing is held.
        """

    def evolve(self, table: str, columns: Sequence[Column]) -> None:
        """Lets an existing table take these columns: adds what it lacks, widens what is narrower.

        In a transaction of its own; what another did meanwhile stays.

        Raises:
            DatabaseBusy: the table was locked for longer than the lock time-out.
            TableMismatch: something depends on a column's type, a view for one.
        """

    def record_failure(
        self,
        request: LoadRequest,
        load_id: int | None,
        error: Exception,
        counts: Counts,
        rejects: Sequence[Reject],
    ) -> int | None:
        """Writes a failed attempt and its reasons in a transaction of its own; returns its load_id."""

    def remove(self, request: LoadRequest, dataset: Dataset, event: Event) -> Admission:
        """An object went: leaves a tombstone, and removes its rows where the dataset says so."""

    def current(
        self, pipeline: str, dataset: str, bucket: str, table: str | None = None, *, in_archives: bool = False
    ) -> dict[str, str]:
        """Key -> identity of the current loads, for skipping without asking for each.

        With `table`, as configured, of the loads into that one alone: a dataset may have had another before.
        With `in_archives`, of files in archives alone.
        """

    def history(
        self, *, limit: int | None = None, dataset: str | None = None, key: str | None = None
    ) -> list[LoadRecord]:
        """The ledger, newest first."""

    def find(self, load_id: int) -> LoadRecord:
        """One load.

        Raises:
            LoadNotFound: there is none.
        """

    def rejects(
        self, load_id: int, *, limit: int | None = None, unreplayed: bool = False
    ) -> Iterator[Reject]:
        """A load's rejected rows in file order; with `unreplayed`, those that are still missing."""
