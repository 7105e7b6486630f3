"""The running sum of one attempt, and the limit on its rejects."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

from loadstone.errors import RejectLimitExceeded
from loadstone.model.batch import Chunk, Reject
from loadstone.model.load import ChildCounts, Counts
from loadstone.model.pipeline import RejectLimit

__all__ = ["Tally"]

#: Rejects that are kept here for the record of a failed load; those of a load that commits are spooled
#: by its transaction.
_KEPT = 1_000

_column_and_code = attrgetter("column", "code")


class Tally:
    """Counts what the chunks of one attempt brought.

    Attributes:
        counts: so far; after the transaction's `finish`, complete.
        rejects: the first of them.
        source_bytes: bytes as stored, once all were read.
        padded: rows that had too few cells, and were filled up with NULL.
        truncated: rows that had too many cells, and lost the last ones.
        children: what became of the elements of the records, once all is done.
    """

    def __init__(self, limit: RejectLimit) -> None:
        self.counts = Counts()
        self.rejects: list[Reject] = []
        self.source_bytes = 0
        self.padded = self.truncated = 0
        self.children: tuple[ChildCounts, ...] = ()
        self._limit = limit
        self._reasons: Counter[tuple[str | None, str]] = Counter()

    def add(self, chunk: Chunk) -> None:
        """Adds a chunk."""
        self.counts = self.counts.plus(
            read=chunk.records,
            discarded=chunk.discarded,
            rejected=len(chunk.rejects),
            repaired=chunk.repaired,
        )
        self.padded += chunk.padded
        self.truncated += chunk.truncated
        if chunk.rejects:
            self.rejects.extend(chunk.rejects[: max(0, _KEPT - len(self.rejects))])
            self._reasons.update(map(_column_and_code, chunk.rejects))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the rows that went in."""
        told = (
            (self.padded, "had too few cells, and were filled up with NULL"),
            (self.truncated, "had too many cells, and lost the last ones"),
        )
        rows = tuple(f"{count:,} rows {what}" for count, what in told if count)
        return (*rows, *map(_told, self.children))

    def check_count(self, where: str) -> None:
        """A limit by count can be exceeded half-way.

        Raises:
            RejectLimitExceeded: it is.
        """
        if self._limit.count is not None:
            self.check_share(where)

    def check_share(self, where: str) -> None:
        """A share means something only when the whole file was read.

        Raises:
            RejectLimitExceeded: more rows were rejected than the dataset allows.
        """
        rejected, read = self.counts.rejected, self.counts.read
        if not self._limit.exceeded(rejected, read):
            return
        commonest = ", ".join(
            f"{column}: {code} ({count:,})" if column else f"{code} ({count:,})"
            for (column, code), count in self._reasons.most_common(3)
        )
        raise RejectLimitExceeded(
            f"{rejected:,} of {read:,} rows were rejected, the limit is {self._limit}; "
            f"nothing was loaded. Most: {commonest}",
            where=where,
            hint="`loadstone rejects` shows the rows; mend the file or the contract, or raise `reject_limit`",
        )


def _told(child: ChildCounts) -> str:
    note = f"{child.key}: {child.inserted:,} rows into {child.table}"
    return f"{note}, {child.left_out:,} left out with their record" if child.left_out else note
