"""What came out of a file that was fed to a front end, with the checks that hold for each of its chunks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from fuzz.copyformat import read_tuples
from loadstone.errors import FormatError
from loadstone.model.batch import Chunk, Reject, RowIndex
from loadstone.model.contract import LoadPlan

__all__ = ["Encoder", "Outcome", "feed"]


class Encoder(Protocol):
    """What front ends have in common."""

    def feed(self, text: bytes, final: bool) -> tuple[Chunk, int]: ...


@dataclass
class Outcome:
    """Everything that came out of one file."""

    rows: list[list[bytes | None]] = field(default_factory=list)
    late: list[list[bytes | None]] = field(default_factory=list)
    raws: dict[int, bytes] = field(default_factory=dict)  # of the rows, by number
    places: list[tuple[int, int, int, int]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    records: int = 0
    discarded: int = 0
    null_keys: int = 0
    repaired: int = 0
    failure: str = ""  # of the whole file, of which nothing is kept then

    @property
    def facts(self) -> tuple[Any, ...]:
        """What must not depend on how blocks are cut, nor on whether the codec is compiled."""
        if self.failure:
            return (self.failure,)
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


def feed(encoder: Encoder, text: bytes, cuts: list[int], plan: LoadPlan) -> Outcome:
    """Feeds a text in blocks that end at the cuts, as a reader does: what was not consumed comes again."""
    out = Outcome()
    types = [column.type.sql for column in plan.columns]
    if plan.lineage:
        types += ["bigint", "bigint"]
    position = 0
    for end in [*cuts, len(text)]:
        if end <= position and end != len(text):
            continue
        final = end == len(text)
        try:
            chunk, consumed = encoder.feed(text[position:end], final)
        except FormatError as error:
            out.failure = str(error)
            return out
        assert 0 <= consumed <= end - position
        assert consumed == chunk.bytes_read
        position += consumed
        take(out, chunk, types)
    assert position == len(text), "the end of the file was not consumed"
    return out


def take(out: Outcome, chunk: Chunk, types: list[str]) -> None:
    rows, late = read_tuples(bytes(chunk.tuples), types), read_tuples(bytes(chunk.late), types)
    assert (len(rows), len(late)) == (chunk.rows, chunk.late_rows)
    assert chunk.records == chunk.rows + chunk.late_rows + chunk.discarded + len(chunk.rejects)
    out.rows += rows
    out.late += late
    for index in (chunk.index, chunk.late_index):
        if index is not None:
            out.places += places(index)
            out.raws |= {number: index.raw(i) for i, number in enumerate(index.row_numbers)}
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
