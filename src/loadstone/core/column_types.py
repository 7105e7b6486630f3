"""The type of every column of a load: written down, the table's, or what the file's values show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from loadstone.core.drift import wider_types
from loadstone.core.infer import Inferred, infer
from loadstone.model.contract import Column
from loadstone.model.load import Layout
from loadstone.model.pipeline import Dataset
from loadstone.model.table import TableShape
from loadstone.model.types import UNDECIDED, PgType

__all__ = ["ColumnTypes"]

_TEXT = PgType("text")
_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
_UNQUOTED_IN_JSON = frozenset({"boolean", "bigint", "numeric", "double precision"})
# Types that values of an inferred type, written in a format of their own, can be read as.
_READ_AS = {
    "date": frozenset(
        {"date", "timestamp without time zone", "timestamp with time zone"},
    ),
    "timestamp without time zone": frozenset({"timestamp without time zone", "timestamp with time zone"}),
}
# A value that begins so is in no order but that of ISO 8601, and the others can prove none for all of them.
_YEAR_FIRST = re.compile(r"\s*[0-9]{4}-")


class ColumnTypes:
    """Decides types, and remembers why.

    Args:
        dataset: its contract and `types`.
        layout: the file's names and sample.
        shape: the table, or None where it is still to be created.
        outgrown: column -> the wider type that an earlier attempt at this file asked for.

    Attributes:
        evolving: columns whose type may grow with what the file brings.
        fresh: those of them that are new.
        evidence: column -> why it has its type, where the file's values decided.
        notes: decisions that a person should know of.
    """

    def __init__(
        self, dataset: Dataset, layout: Layout, shape: TableShape | None, outgrown: Mapping[str, PgType]
    ) -> None:
        self.evolving: set[str] = set()
        self.fresh: set[str] = set()
        self.evidence: dict[str, str] = {}
        self.notes: list[str] = []
        self._dataset = dataset
        self._layout = layout
        self._outgrown = outgrown
        self._in_table = {column.name: column for column in shape.columns} if shape else {}
        self._positions = {name: i for i, name in enumerate(layout.names)}
        self._number_styles: Mapping[str, Mapping[str, str]] = layout.dialect.get("numbers") or {}

    def decided(self, column: Column, source: str) -> Column:
        """A column under its name in the file, with its type, and for dates the way they are written."""
        column = replace(column, source=source)
        if column.type != UNDECIDED:
            return self._dated(column)
        found = self._in_table.get(column.name)
        if found is not None:
            typed = replace(column, type=self._grown(column.name, found.type))
            return self._dated(self._localised(typed) if typed.type.name in _NUMBERS else typed)
        return replace(column, type=_TEXT) if column.constant is not None else self._guessed(column)

    def _guessed(self, column: Column) -> Column:
        """A new column, whose type the file's values show."""
        if self._dataset.types == "text":
            return replace(column, type=_TEXT)
        if self._layout.is_complete and not self._layout.sample and not self._layout.types:
            return column
        localised = self._localised(column)
        inferred = self._inferred(localised)
        kind, formats, evidence = inferred.type, column.formats or inferred.formats, inferred.evidence
        # A type that the file itself declares is not proven by its values, so these do not make text of it.
        is_proven = not (column.minimum is not None or column.maximum is not None or self._layout.types)
        if self._dataset.contract == "evolve":
            self.evolving.add(column.name)
            if is_proven:
                self.fresh.add(column.name)
            wider = self._outgrown.get(column.name)
            if wider in wider_types(kind, is_new=is_proven):
                evidence = f"{evidence}, but there are values further on that {kind} does not hold"
                if wider == _TEXT:
                    formats, evidence = (), f"kept as text: {evidence}"
                    self.notes.append(f"{column.name}: {evidence}")
                kind = wider or kind
        if inferred.is_doubtful:
            self.notes.append(f"{column.name}: {evidence}")
        self.evidence[column.name] = evidence
        if kind.name in _NUMBERS:
            column = localised
        return replace(column, type=kind, formats=formats, as_written=True)

    def _localised(self, column: Column) -> Column:
        """With the separators that its numbers have in this file, where the column has none of its own."""
        style = self._number_styles.get(column.source or column.name)
        if style is None or column.decimal != "." or column.thousands is not None:
            return column
        return replace(column, decimal=style["decimal"], thousands=style["thousands"])

    def _grown(self, name: str, found: PgType) -> PgType:
        """The table's type of a column for which none is written down, or the wider one that is needed."""
        if self._dataset.contract == "evolve" and self._in_table[name].is_plain:
            self.evolving.add(name)
            wider = self._outgrown.get(name)
            return wider if wider in wider_types(found) else found
        return found

    def _dated(self, column: Column) -> Column:
        """A date or timestamp whose values are written in another order than that of ISO 8601."""
        readable = any(column.type.name in names for names in _READ_AS.values())
        if (
            self._layout.types
            or not readable
            or column.type.is_array
            or column.formats
            or column.split
            or not column.is_from_file
        ):
            return column
        if any(cell and _YEAR_FIRST.match(cell) for cell in self._cells_of(column)):
            return column
        inferred = self._inferred(column)
        if not inferred.is_date:
            return column
        if column.type.name in _READ_AS.get(inferred.type.name, ()):
            self.notes.append(f"{column.name}: {inferred.evidence}")
            return replace(column, formats=inferred.formats)
        why = inferred.evidence.removeprefix("kept as text: ")
        self.notes.append(f"{column.name} is {column.type}: {why}; give the column a `format:`")
        return column

    def _inferred(self, column: Column) -> Inferred:
        position = self._positions.get(column.source or column.name)
        if column.formats:
            has_time = any("%H" in one or "%I" in one or "%T" in one or "%R" in one for one in column.formats)
            kind = PgType("timestamp without time zone" if has_time else "date")
            return Inferred(kind, f"its format is {', '.join(column.formats)}", column.formats)
        if position is None:
            return Inferred(_TEXT, "text: the key is not among the first records")
        if position < len(self._layout.types):
            return Inferred(self._layout.types[position], "the type that the file gives it")
        kinds = self._layout.kinds[position] if position < len(self._layout.kinds) else frozenset()
        if "nested" in kinds:
            return Inferred(PgType("jsonb"), "some values are objects or arrays")
        found = infer(
            self._cells_of(column),
            decimal=column.decimal,
            is_complete=self._layout.is_complete,
            place=self._layout.seen,
        )
        if "string" in kinds and found.type.name in _UNQUOTED_IN_JSON:
            # In JSON, who writes "12" with quotes means the text.
            return Inferred(_TEXT, "text: values stand in quotes")
        return found

    def _cells_of(self, column: Column) -> Iterator[str | None]:
        position = self._positions.get(column.source or column.name)
        if position is None:
            return
        nulls, thousands = frozenset(column.null_values), column.thousands
        for row in self._layout.sample:
            cell = row[position] if position < len(row) else None
            if cell is not None and nulls and cell.strip() in nulls:
                cell = None
            yield cell.replace(thousands, "") if cell is not None and thousands else cell
