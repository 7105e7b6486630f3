"""The contract: which columns a dataset expects, what each cell must be, and what drift may do."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

from loadstone.model.types import PgType

__all__ = [
    "REJECT",
    "Cell",
    "ChildPlan",
    "Column",
    "Drift",
    "Fixed",
    "LoadPlan",
    "Metadata",
    "Otherwise",
    "SplitPart",
]

Drift = Literal["evolve", "freeze", "discard_row", "discard_value"]
Metadata = Literal["uri", "bucket", "key", "file_name", "version_id", "etag", "modified", "size", "loaded_at"]


class Otherwise(NamedTuple):
    """What happens to a value that a rule refuses (never to one that does not parse).

    Attributes:
        action: `reject` the row, set the cell to NULL (`null`), or `set` it to `value`.
        value: for `set`, written as a cell would be (ISO, decimal point).
    """

    action: Literal["reject", "null", "set"]
    value: str | None = None


REJECT = Otherwise("reject")


class SplitPart(Struct, frozen=True):
    """One part of a source cell that holds several values.

    The cell is a JSON list, a list or tuple as Python prints it, or values between `separator`.

    Attributes:
        index: which part, from 0.
        parts: how many there must be; any other number rejects the row.
        separator: None for a JSON or Python list.
    """

    index: int
    parts: int
    separator: str | None = None


class Column(Struct, frozen=True):
    """One column of the table, and what its cells must be.

    Attributes:
        name: its name in the table.
        type: its PostgreSQL type.
        source: the name in the file that it is read from.
        required: a NULL or missing cell rejects the row (after `default`, which fills it first).
        null_values: texts that mean NULL, compared after trimming, quoted or not. An unquoted empty cell is
            NULL anyway; a quoted empty one is '' for text types and NULL for all others.
        trim: strip white space around the cell; None means every type but text types.
        decimal: the decimal separator.
        thousands: the thousands separator, or None where there is none.
        formats: for date and time types, strptime formats tried in order; empty means ISO 8601 as
            PostgreSQL's own output writes it.
        timezone: the zone of a `timestamptz` cell without one (IANA name); None means UTC.
        round: round digits beyond a numeric's scale (half away from zero, as PostgreSQL) instead of
            rejecting them.
        minimum: the smallest value allowed, inclusive, written as a cell; None for no limit.
        maximum: the largest value allowed, inclusive.
        max_length: in characters.
        values: the only values allowed, written as cells.
        pattern: a regular expression (Python's `re`, `fullmatch`) over the text.
        otherwise: what happens to a value that one of the five rules above refuses.
        default: stands in for a NULL or missing cell.
        constant: the same text in every row; not read from the file.
        metadata: a fact about the object, the same in every row; not read from the file.
        split: the part of the source cell that this column is.
        as_written: refuse a number whose text has what the number would lose: leading zeros, a plus sign.
    """

    name: str
    type: PgType
    source: str | None = None
    required: bool = False
    null_values: tuple[str, ...] = ()
    trim: bool | None = None
    decimal: str = "."
    thousands: str | None = None
    formats: tuple[str, ...] = ()
    timezone: str | None = None
    round: bool = False
    minimum: str | None = None
    maximum: str | None = None
    max_length: int | None = None
    values: tuple[str, ...] | None = None
    pattern: str | None = None
    otherwise: Otherwise = REJECT
    default: str | None = None
    constant: str | None = None
    metadata: Metadata | None = None
    split: SplitPart | None = None
    as_written: bool = False

    @property
    def is_from_file(self) -> bool:
        """Whether its cells are read from the file, rather than fixed for the load."""
        return self.constant is None and self.metadata is None

    @property
    def trims(self) -> bool:
        """Whether white space around the cell goes: by default for every type but text."""
        is_text = self.type.name in {"text", "character varying", "character"} and not self.type.is_array
        return not is_text if self.trim is None else self.trim


class Cell(Struct, frozen=True):
    """One cell of the file's records and the columns that are made of it.

    Attributes:
        source: its name in the file's header, or the key of a JSON object.
        columns: none where the value is not wanted, several where it is split.
        is_unknown: the contract does not know it, and drift is `discard_row`: a value here discards the row.
    """

    source: str
    columns: tuple[Column, ...] = ()
    is_unknown: bool = False


class Fixed(Struct, frozen=True):
    """A column whose text is the same in every row of this load (constant, metadata, absent in the file)."""

    column: Column
    text: str | None


class LoadPlan(Struct, frozen=True):
    """How the records of one file become tuples of one table: what the codec's program is compiled from.

    The tuples' columns stand in this order: the cells' columns in the file's order, the fixed ones, then,
    with `lineage`, `_load_id` and `_row`. `output_columns` names them.

    Attributes:
        cells: in the file's order for delimited text; in any order for JSON.
        fixed: columns that do not come from the record.
        key: the columns, by table name, that tell one row from another; empty where there is none.
        deduplicate: within the file the last row of a key wins: rows whose key may have been seen before
            come out apart (`Chunk.late`).
        load_id: written to `_load_id`.
        lineage: whether `_load_id` and `_row` are written to every tuple.
        row_numbers: whether `_row` is written where lineage is off (a staging table needs it).
        trace: whether every accepted row comes with its place in the file (`Chunk.index`), so that a row
            which the database refuses can be rejected with line and raw text.
        makes_table: whether a table that does not exist is created; not where the file, without rows, shows
            too little of it.
        unknown_keys: for JSON, what a key that no cell names does: `evolve` reports it in
            `Chunk.unknown_keys`, `freeze` rejects the row, the others as they say.
        children: for JSON, the lists in a record whose elements become rows of tables of their own.
    """

    cells: tuple[Cell, ...]
    fixed: tuple[Fixed, ...] = ()
    key: tuple[str, ...] = ()
    deduplicate: bool = False
    load_id: int = 0
    lineage: bool = True
    row_numbers: bool = False
    trace: bool = False
    makes_table: bool = True
    unknown_keys: Drift = "discard_value"
    children: tuple[ChildPlan, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The contract's columns in the order of the tuples, without lineage."""
        return (*(c for cell in self.cells for c in cell.columns), *(f.column for f in self.fixed))

    @property
    def output_columns(self) -> tuple[str, ...]:
        """The names of the tuples' columns, for COPY's column list."""
        names = [column.name for column in self.columns]
        if self.lineage:
            names.append("_load_id")
        if self.lineage or self.row_numbers:
            names.append("_row")
        return tuple(names)


class ChildPlan(Struct, frozen=True):
    """What becomes of the list under one key of each record: a row of another table for each element.

    In front of the columns of `plan`, each tuple has the row number of its record (int8) and the element's
    place in the list, from 0 (int4).

    Attributes:
        key: as it stands in the file.
        table: as configured.
        plan: of an element's columns; without lineage.
        takes_values: whether the elements are values, rather than objects: each is the cell `value`.
    """

    key: str
    table: str
    plan: LoadPlan
    takes_values: bool = False
