"""What a file holds, what the contract expects and what the table has, brought together: the plan of a load.

Columns are matched by name, never by position: exactly first, then without regard to case and separators.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loadstone.core.infer import infer_type
from loadstone.core.names import column_name
from loadstone.errors import ContractError
from loadstone.model.contract import Cell, Column, Fixed, LoadPlan
from loadstone.model.load import Layout
from loadstone.model.pipeline import Dataset
from loadstone.model.table import TableShape
from loadstone.model.types import UNDECIDED, PgType

__all__ = ["Planned", "make_plan"]

_TEXT = PgType("text")
_LINEAGE = frozenset({"_load_id", "_row"})
_UNQUOTED_IN_JSON = frozenset({"boolean", "bigint", "numeric", "double precision"})


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what was decided on the way.

    Attributes:
        plan: what to encode with; its load_id is still to be set.
        additions: columns that the table lacks and `evolve` adds before the load.
        notes: decisions that a person should know of.
    """

    plan: LoadPlan
    additions: tuple[Column, ...]
    notes: tuple[str, ...]


def make_plan(
    dataset: Dataset,
    columns: Sequence[Column],
    layout: Layout,
    shape: TableShape | None,
    facts: Mapping[str, str | None],
    where: str,
) -> Planned:
    """Decides for every column of the file and of the contract where it goes.

    Args:
        dataset: mode, key, contract mode.
        columns: the dataset's configured columns (`core.columns.resolve_columns`).
        layout: the file's names and sample.
        shape: the table, or None where it is still to be created.
        facts: metadata name -> text, for columns with `metadata`.
        where: the file, for messages.

    Raises:
        ContractError: the file's columns do not fit the contract.
    """
    planner = _Planner(dataset, columns, layout, shape, where)
    cells = planner.cells()
    fixed = planner.fixed(facts, {column.name for cell in cells for column in cell.columns})
    names = {column.name for cell in cells for column in cell.columns} | {f.column.name for f in fixed}
    planner.check_apart(cells)
    planner.check_names(names)
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
    planner.note_guesses(cells)
    plan = LoadPlan(
        cells=cells,
        fixed=fixed,
        key=dataset.key,
        deduplicate=dataset.deduplicates,
        lineage=lineage,
        unknown_keys=dataset.contract,
    )
    return Planned(plan, additions, tuple(planner.notes))


class _Planner:
    def __init__(
        self,
        dataset: Dataset,
        columns: Sequence[Column],
        layout: Layout,
        shape: TableShape | None,
        where: str,
    ) -> None:
        self.dataset = dataset
        self.columns = columns
        self.layout = layout
        self.shape = shape
        self.where = where
        self.notes: list[str] = []
        self.is_json = layout.dialect.get("format") == "jsonl"
        self._table_types = {column.name: column.type for column in shape.columns} if shape else {}
        self._positions = {name: i for i, name in enumerate(layout.names)}

    def cells(self) -> tuple[Cell, ...]:
        """One cell per column of the file, in its order; keys that only the contract knows come after."""
        by_source: dict[str, list[Column]] = {}
        for column in self.columns:
            if column.is_from_file:
                by_source.setdefault(column.source or column.name, []).append(column)
        matched = self._match(by_source)
        cells, unknown = [], []
        for name in self.layout.names:
            if name in matched:
                cells.append(Cell(name, tuple(self._typed(c, name) for c in by_source.pop(matched[name]))))
            elif (known := self._known_to_table(name, by_source)) is not None:
                cells.append(Cell(name, (known,)))
            else:
                unknown.append(name)
                cells.append(self._unknown(name))
        self._report_unknown(unknown)
        if self.is_json:
            cells.extend(
                Cell(name, tuple(self._typed(c, name) for c in made)) for name, made in by_source.items()
            )
        return tuple(cells)

    def fixed(self, facts: Mapping[str, str | None], present: set[str]) -> tuple[Fixed, ...]:
        """Constants, metadata, and columns of the contract that the file does not have."""
        out, missing = [], []
        for column in self.columns:
            if column.name in present:
                continue
            typed = self._typed(column, column.source or column.name)
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
                f"the file lacks {_listed(missing)}, which the contract requires",
                where=self.where,
                hint=f"the file has: {', '.join(self.layout.names)}; rename a column with `rename:`, "
                "give it a `default:`, or drop `required:`",
            )
        return tuple(out)

    def check_apart(self, cells: Sequence[Cell]) -> None:
        """No two names in the file may become one column of the table, as `id` and `ID` would.

        Raises:
            ContractError: two do.
        """
        sources: dict[str, list[str]] = {}
        for cell in cells:
            for column in cell.columns:
                sources.setdefault(column.name, []).append(cell.source)
        for name, same in sources.items():
            if len(same) > 1:
                raise ContractError(
                    f"{_listed(same)} would become the same column {name!r}",
                    where=self.where,
                    hint="rename one of them with `rename:` under `columns:`",
                )

    def note_guesses(self, cells: Sequence[Cell]) -> None:
        """A file without rows shows no types, and a table that it makes will be what the next file meets."""
        if self.layout.sample or not self.layout.is_complete:
            return
        configured = {column.name for column in self.columns if column.type != UNDECIDED}
        made = (column.name for cell in cells for column in cell.columns)
        guessed = [n for n in made if n not in configured and n not in self._table_types]
        as_text = f", so nothing shows the type of {_listed(guessed)}: text" if guessed else ""
        self.notes.append(f"the file has no rows{as_text}")

    def check_names(self, names: set[str]) -> None:
        """The key must be there, and nothing may be called as the lineage is.

        Raises:
            ContractError: it is not, or something is.
        """
        if absent := [name for name in self.dataset.key if name not in names]:
            raise ContractError(
                f"the key names {_listed(absent)}, which the file does not have",
                where=self.where,
                hint=f"the columns are: {', '.join(sorted(names))}",
            )
        if taken := sorted(names & _LINEAGE) if self.dataset.lineage else []:
            raise ContractError(
                f"{_listed(taken)} is the name of a lineage column",
                where=self.where,
                hint="rename the file's column with `rename:`, or turn `lineage: false`",
            )

    def _match(self, by_source: Mapping[str, Sequence[Column]]) -> dict[str, str]:
        """File name -> configured source name."""
        matched = {name: name for name in self.layout.names if name in by_source}
        loose: dict[str, list[str]] = {}
        for name in self.layout.names:
            if name not in matched:
                loose.setdefault(_normal(name), []).append(name)
        for source in by_source:
            candidates = loose.get(_normal(source), []) if source not in self._positions else []
            if len(candidates) > 1:
                raise ContractError(
                    f"{source!r} of the contract could be any of {_listed(candidates)}",
                    where=self.where,
                    hint="write the column under the name that it has in the file",
                )
            if candidates:
                matched[candidates[0]] = source
                self.notes.append(f"the file's {candidates[0]!r} is taken for {source!r}")
        return matched

    def _known_to_table(self, name: str, configured: Mapping[str, object]) -> Column | None:
        """A column that the contract leaves out but the table has: the table's type is the contract."""
        target = column_name(name)
        if target not in self._table_types or target in configured or target in _LINEAGE:
            return None
        return Column(target, self._table_types[target], source=name)

    def _unknown(self, name: str) -> Cell:
        if self.dataset.contract == "discard_row":
            return Cell(name, is_unknown=True)
        if self.dataset.contract == "evolve":
            return Cell(name, (Column(column_name(name), self._inferred(name), source=name),))
        return Cell(name)

    def _report_unknown(self, unknown: Sequence[str]) -> None:
        if not unknown:
            return
        if self.dataset.contract == "freeze":
            raise ContractError(
                f"the contract does not know {_listed(unknown)}",
                where=self.where,
                hint="add it under `columns:`, or choose another `contract:` "
                "(evolve adds it, discard_value leaves it out, discard_row leaves out rows that have it)",
            )
        if self.dataset.contract == "discard_value":
            self.notes.append(f"left out, since the contract does not know it: {', '.join(unknown)}")

    def _typed(self, column: Column, source: str) -> Column:
        """A configured column without a type gets the table's, else what the sample shows."""
        if column.type != UNDECIDED:
            return replace(column, source=source)
        from_table = self._table_types.get(column.name)
        return replace(column, source=source, type=from_table or self._inferred(source))

    def _inferred(self, name: str) -> PgType:
        position = self._positions.get(name)
        if self.dataset.types == "text" or position is None:
            return _TEXT
        kinds = self.layout.kinds[position] if position < len(self.layout.kinds) else frozenset()
        if "nested" in kinds:
            return PgType("jsonb")
        found = infer_type(row[position] for row in self.layout.sample if position < len(row))
        # In JSON, who writes "12" with quotes means the text.
        return _TEXT if "string" in kinds and found.name in _UNQUOTED_IN_JSON else found


def _normal(name: str) -> str:
    return column_name(name).replace("_", "")


def _listed(names: Sequence[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]
