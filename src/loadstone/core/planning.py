"""What a file holds, what the contract expects and what the table has, brought together: the plan of a load.

Columns are matched by name, never by position: exactly first, then without regard to case and separators.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from loadstone.core.agreement import (
    LINEAGE,
    check_apart,
    check_names,
    listed,
    match_names,
    match_table,
)
from loadstone.core.column_types import ColumnTypes
from loadstone.core.names import column_name
from loadstone.errors import ContractError
from loadstone.model.contract import Cell, Column, Fixed, LoadPlan
from loadstone.model.load import Layout
from loadstone.model.pipeline import Dataset
from loadstone.model.table import TableShape
from loadstone.model.types import UNDECIDED, PgType

__all__ = ["Planned", "make_plan"]


class Planned(Struct, frozen=True):
    """A plan, and what was decided on the way.

    Attributes:
        plan: what to encode with; its load_id is still to be set.
        additions: columns that the table lacks and `evolve` adds before the load.
        widenings: columns of the table that get a wider type before the load.
        evolving: columns whose type may grow with what the file brings: nobody wrote it down.
        fresh: those of them that are new: what the values prove is all that their type stands on.
        evidence: column -> why it has its type, for types that the file's values decided.
        notes: decisions that a person should know of.
    """

    plan: LoadPlan
    additions: tuple[Column, ...]
    widenings: tuple[Column, ...]
    evolving: frozenset[str]
    fresh: frozenset[str]
    evidence: Mapping[str, str]
    notes: tuple[str, ...]


def make_plan(
    dataset: Dataset,
    columns: Sequence[Column],
    layout: Layout,
    shape: TableShape | None,
    facts: Mapping[str, str | None],
    where: str,
    outgrown: Mapping[str, PgType] | None = None,
) -> Planned:
    """Decides for every column of the file and of the contract where it goes.

    Args:
        dataset: mode, key, contract mode.
        columns: the dataset's configured columns (`core.columns.resolve_columns`).
        layout: the file's names and sample.
        shape: the table, or None where it is still to be created.
        facts: metadata name -> text, for columns with `metadata`.
        where: the file, for messages.
        outgrown: column -> the wider type that an earlier attempt at this file asked for.

    Raises:
        ContractError: the file's columns do not fit the contract.
    """
    planner = _Planner(dataset, columns, layout, shape, where, outgrown or {})
    cells = planner.cells()
    fixed = planner.fixed(facts, {column.name for cell in cells for column in cell.columns})
    names = {column.name for cell in cells for column in cell.columns} | {f.column.name for f in fixed}
    check_apart(cells, where)
    check_names(names, dataset, where)
    cells, fixed, undecided = _without_undecided(cells, fixed)
    existing = {column.name for column in shape.columns} if shape else names
    additions = tuple(
        column
        for column in (*(c for cell in cells for c in cell.columns), *(f.column for f in fixed))
        if column.name not in existing
    )
    lineage = dataset.lineage and (shape is None or shape.has_lineage)
    if dataset.lineage and not lineage:
        planner.notes.append(
            f"{dataset.table} has no _load_id and _row columns: "
            "its rows will not say which load they came from"
        )
    if planner.is_without_rows:
        planner.note_undecided(undecided)
    plan = LoadPlan(
        cells=cells,
        fixed=fixed,
        key=dataset.key,
        deduplicate=dataset.deduplicates,
        lineage=lineage,
        makes_table=not undecided and not (planner.is_without_rows and not names),
        unknown_keys=dataset.contract,
    )
    widenings = planner.widenings(plan.columns)
    return Planned(
        plan,
        additions,
        widenings,
        frozenset(planner.types.evolving),
        frozenset(planner.types.fresh),
        planner.types.evidence,
        (*planner.notes, *planner.types.notes),
    )


class _Planner:
    def __init__(
        self,
        dataset: Dataset,
        columns: Sequence[Column],
        layout: Layout,
        shape: TableShape | None,
        where: str,
        outgrown: Mapping[str, PgType],
    ) -> None:
        self.dataset = dataset
        self.columns = columns
        self.layout = layout
        self.shape = shape
        self.where = where
        self.notes: list[str] = list(layout.notes)
        self.types = ColumnTypes(dataset, layout, shape, outgrown)
        self.is_json = layout.dialect.get("format") in {"jsonl", "json"}
        self.is_without_rows = layout.is_complete and not layout.sample
        self._in_table = {column.name: column for column in shape.columns} if shape else {}

    def cells(self) -> tuple[Cell, ...]:
        """One cell per column of the file, in its order; keys that only the contract knows come after."""
        by_source: dict[str, list[Column]] = {}
        for column in self.columns:
            if column.is_from_file:
                by_source.setdefault(column.source or column.name, []).append(column)
        matched = match_names(self.layout.names, by_source, self.where)
        self.notes += (
            f"the file's {name!r} is taken for {to!r}" for name, to in matched.items() if name != to
        )
        in_table = self._known_to_table(matched)
        cells, unknown = [], []
        for name in self.layout.names:
            if name in matched:
                made = by_source.pop(matched[name])
                cells.append(Cell(name, tuple(self.types.decided(column, name) for column in made)))
            elif name in in_table:
                column = Column(in_table[name], UNDECIDED)
                cells.append(Cell(name, (self.types.decided(column, name),)))
            else:
                unknown.append(name)
                cells.append(self._unknown(name))
        self._report_unknown(unknown)
        if not matched and not in_table:
            self._check_related()
        if self.is_json:
            cells.extend(
                Cell(name, tuple(self.types.decided(c, name) for c in made))
                for name, made in by_source.items()
            )
        return tuple(cells)

    def fixed(self, facts: Mapping[str, str | None], present: set[str]) -> tuple[Fixed, ...]:
        """Constants, metadata, and columns of the contract that the file does not have."""
        out, missing = [], []
        for column in self.columns:
            if column.name in present:
                continue
            typed = self.types.decided(column, column.source or column.name)
            if column.constant is not None:
                out.append(Fixed(typed, column.constant))
            elif column.metadata is not None:
                out.append(Fixed(typed, facts[column.metadata]))
            elif column.default is not None or not column.required:
                out.append(Fixed(typed, column.default))
                self.notes.append(
                    f"{column.name} is not in the file: {column.default!r}"
                    if column.default is not None
                    else f"{column.name} is not in the file: NULL"
                )
            else:
                missing.append(column.source or column.name)
        if missing:
            raise ContractError(
                f"the file lacks {listed(missing)}, which the contract requires",
                where=self.where,
                hint=f"the file has: {', '.join(self.layout.names)}; rename a column with `rename:`, "
                "give it a `default:`, or drop `required:`",
            )
        return tuple(out)

    def widenings(self, columns: Sequence[Column]) -> tuple[Column, ...]:
        """The columns whose type is wider than the table's."""
        made = []
        for column in columns:
            found = self._in_table.get(column.name)
            if found is not None and column.name in self.types.evolving and column.type != found.type:
                made.append(column)
                self.notes.append(
                    f"{column.name} was {found.type} and is {column.type} from now on:"
                    f" the file has values that {found.type} does not hold"
                )
        return tuple(made)

    def note_undecided(self, undecided: Sequence[str]) -> None:
        """A file without rows shows no types, and what it made of them would bind the files after it."""
        if not undecided:
            self.notes.append("the file has no rows")
            return
        what = "the table" if self.shape is None else "the column" if len(undecided) == 1 else "the columns"
        self.notes.append(
            f"the file has no rows, so nothing shows the type of {listed(undecided)}:"
            f" {what} will be made when a file with rows comes"
        )

    def _known_to_table(self, matched: Mapping[str, str]) -> dict[str, str]:
        """File name -> column, for those that the contract leaves out but the table has.

        The table's type is the contract then.
        """
        names = [name for name in self.layout.names if name not in matched]
        taken = {column.name for column in self.columns} | LINEAGE
        found = match_table(names, self._in_table.keys() - taken, self.where)
        self.notes += (
            f"the file's {name!r} is taken for {to!r}" for name, to in found.items() if name.lower() != to
        )
        return found

    def _unknown(self, name: str) -> Cell:
        if self.dataset.contract == "discard_row":
            return Cell(name, is_unknown=True)
        if self.dataset.contract == "evolve":
            return Cell(name, (self.types.decided(Column(column_name(name), UNDECIDED), name),))
        return Cell(name)

    def _check_related(self) -> None:
        """A file that shares no column with the table is another one, or has no header."""
        known = [name for name in self._in_table if name not in LINEAGE]
        if self.is_json or not known or not self.layout.names or self.dataset.contract != "evolve":
            return
        has_header = self.layout.dialect.get("header") is not False
        what = "not one of its columns is" if has_header else "it has no header, so none of its columns is"
        raise ContractError(
            f"the file does not look like one of {self.dataset.table}: {what} in the table",
            where=self.where,
            hint=f"the table has {listed(known)}, the file {listed(self.layout.names)}; "
            "`format: {header: [first, second, ...]}` names the columns of a file without a header",
        )

    def _report_unknown(self, unknown: Sequence[str]) -> None:
        if not unknown:
            return
        if self.dataset.contract == "freeze":
            raise ContractError(
                f"the contract does not know {listed(unknown)}",
                where=self.where,
                hint="add it under `columns:`, or choose another `contract:` "
                "(evolve adds it, discard_value leaves it out, discard_row leaves out rows that have it)",
            )
        if self.dataset.contract == "discard_value":
            self.notes.append(f"left out, since the contract does not know it: {', '.join(unknown)}")


def _without_undecided(
    cells: Sequence[Cell], fixed: Sequence[Fixed]
) -> tuple[tuple[Cell, ...], tuple[Fixed, ...], tuple[str, ...]]:
    """Cells and fixed columns less those whose type nothing shows, and the names of these."""
    columns = (*(c for cell in cells for c in cell.columns), *(item.column for item in fixed))
    undecided = tuple(column.name for column in columns if column.type == UNDECIDED)
    if not undecided:
        return tuple(cells), tuple(fixed), ()
    decided = tuple(
        replace(cell, columns=tuple(c for c in cell.columns if c.type != UNDECIDED)) for cell in cells
    )
    return decided, tuple(item for item in fixed if item.column.type != UNDECIDED), undecided
