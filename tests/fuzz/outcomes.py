"""Everything that came out of one file, in a form that can be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fuzz.copyformat import read_tuples
from loadstone.model.batch import Chunk, Reject, RowIndex

__all__ = ["Outcome", "take"]


@dataclass
class Outcome:
    """Everything that came out of one file."""

    rows: list[list[bytes | None]] = field(default_factory=list)
    late: list[list[bytes | None]] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    places: list[tuple[int, int, int, int]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    records: int = 0
    discarded: int = 0
    null_keys: int = 0
    repaired: int = 0

    @property
    def facts(self) -> tuple[Any, ...]:
        """What must not depend on how blocks are cut, nor on whether the codec is compiled."""
        rejects = sorted(_comparable(reject) for reject in self.rejects)
        return (
            sorted(self.places),
            self.rows,
            self.late,
            rejects,
            self.records,
            self.discarded,
            self.null_keys,
            self.repaired,
        )


def _comparable(reject: Reject) -> tuple[Any, ...]:
    # Of a record that is too long, what its first block holds is kept: far more than a reject, by default.
    return tuple(reject._replace(raw=b"") if reject.code == "record_too_long" else reject)


def take(out: Outcome, chunk: Chunk, types: list[str]) -> None:
    """Adds a chunk, after a look at its tuples and at its sums."""
    rows, late = read_tuples(bytes(chunk.tuples), types), read_tuples(bytes(chunk.late), types)
    assert (len(rows), len(late)) == (chunk.rows, chunk.late_rows)
    assert chunk.records == chunk.rows + chunk.late_rows + chunk.discarded + len(chunk.rejects)
    out.rows += rows
    out.late += late
    for index in (chunk.index, chunk.late_index):
        if index is not None:
            out.places += places(index)
            out.raws += [index.raw(i) for i in range(len(index.row_numbers))]
    out.places += [(r.row_number, r.line_number, r.byte_offset, r.byte_length) for r in chunk.rejects]
    out.rejects += chunk.rejects
    out.records += chunk.records
    out.discarded += chunk.discarded
    out.null_keys += chunk.null_keys
    out.repaired += chunk.repaired


def places(index: RowIndex) -> list[tuple[int, int, int, int]]:
    return list(
        zip(index.row_numbers, index.line_numbers, index.byte_offsets, index.byte_lengths, strict=True)
    )
