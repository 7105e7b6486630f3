"""What a file brings beyond its contract: keys that become columns, values that ask for a wider type."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from msgspec.structs import replace

from loadstone.codec.codes import (
    CODES,
    INVALID_JSON,
    LEADING_ZEROS,
    NOT_A_BOOLEAN,
    NOT_A_DATE,
    NOT_A_NUMBER,
    NOT_A_TIMESTAMP,
    NOT_A_UUID,
    NOT_AN_ADDRESS,
    NOT_AN_INTEGER,
    OUT_OF_RANGE,
    TOO_LONG,
    TOO_MANY_DIGITS,
    UNEXPECTED_ZONE,
)
from loadstone.core.drift import late_columns, wider_types
from loadstone.core.mended_record import is_whole
from loadstone.model.batch import Chunk, Reject
from loadstone.model.contract import REJECT, Cell, Column, LoadPlan
from loadstone.model.types import PgType
from loadstone.ports import OpenFile

__all__ = ["Growth"]

# What a value may be rejected for that a wider type would take.
_OUTGROWN = frozenset(CODES[code].name for code in (OUT_OF_RANGE, NOT_AN_INTEGER, TOO_MANY_DIGITS, TOO_LONG))
# What a value may be rejected for that text would take.
_CAST = _OUTGROWN | {
    CODES[code].name
    for code in (
        INVALID_JSON,
        LEADING_ZEROS,
        NOT_A_BOOLEAN,
        NOT_A_DATE,
        NOT_A_NUMBER,
        NOT_A_TIMESTAMP,
        NOT_A_UUID,
        NOT_AN_ADDRESS,
        UNEXPECTED_ZONE,
    )
}
# Where in a list an element stands.
_PLACE = re.compile(r"\[\d+\]\.")
# A numeric takes NaN and infinities, too, but those say that there is no number, not that it needs room.
_FINITE = "1e1000"


class Growth:
    """Gathers, chunk by chunk, what an evolving contract is to take in.

    Whether a wider type would take a rejected row is found out by encoding it with that type, so that every
    setting of its columns counts. A row that would be rejected all the same widens nothing.

    Args:
        file: which the chunks come from.
        plan: what they were encoded with.
        evolving: the columns whose types may grow.
        fresh: those of them that are new, and may become text.

    Attributes:
        unknown_keys: of JSON, each with the text of its first value.
        child_keys: the same for the elements of each child.
    """

    def __init__(
        self, file: OpenFile, plan: LoadPlan, evolving: Collection[str], fresh: Collection[str] = ()
    ) -> None:
        self.unknown_keys: dict[str, str] = {}
        self.child_keys: dict[str, dict[str, str]] = {child.key: {} for child in plan.children}
        self._file = file
        self._plan = plan
        self._takes_keys = plan.unknown_keys == "evolve"
        columns = [(name, column) for name, column in _columns(plan) if name in evolving]
        ladders = {name: wider_types(column.type, is_new=name in fresh) for name, column in columns}
        self._fresh = {name for name in fresh if ladders.get(name)}
        self._ladders = {name: ladder for name, ladder in ladders.items() if ladder}
        self._widest = max(map(len, self._ladders.values()), default=0) - 1
        self._steps: dict[str, int] = {}

    @property
    def types(self) -> dict[str, PgType]:
        """The types that are wide enough for what was seen, by the columns that outgrew theirs."""
        return {name: self._ladders[name][step] for name, step in self._steps.items()}

    def takes_in(self, chunk: Chunk) -> bool:
        """Looks at a chunk; whether the contract is to grow."""
        if self._takes_keys:
            for name, sample in chunk.unknown_keys.items():
                self.unknown_keys.setdefault(name, sample)
            for found, child in zip(self.child_keys.values(), chunk.children, strict=False):
                for name, sample in child.unknown_keys.items():
                    found.setdefault(name, sample)
        if self._ladders and chunk.rejects:
            self._try_wider([reject for reject in chunk.rejects if self._may_fit(reject)])
        return bool(self.unknown_keys or self._steps or any(self.child_keys.values()))

    def late_columns(
        self, types: Literal["infer", "text"], where: str
    ) -> tuple[tuple[Column, ...], dict[str, tuple[Column, ...]]]:
        """The columns for keys that appeared after the sample: of the records, and by key of the elements.

        Raises:
            ContractError: a key would become a column that is there already.
        """
        own = late_columns(self.unknown_keys, self._plan.columns, types, where)
        plans = {child.key: child.plan for child in self._plan.children}
        return own, {
            key: late_columns(found, plans[key].columns, types, where)
            for key, found in self.child_keys.items()
            if found
        }

    def _may_fit(self, reject: Reject) -> bool:
        failures = (
            (_unplaced(reject.column or ""), reject.code),
            *((_unplaced(column), code) for column, code, _ in reject.others),
        )
        return is_whole(reject) and all(
            code in (_CAST if column in self._fresh else _OUTGROWN) and column in self._ladders
            for column, code in failures
        )

    def _try_wider(self, rejects: Sequence[Reject]) -> None:
        """Finds for each row that the widest types let in the narrowest ones that do."""
        if not rejects:
            return
        refused = self._refused(rejects, self._widest)
        waiting = [(reject, _failing(reject)) for n, reject in enumerate(rejects, 1) if n not in refused]
        for step in range(self._widest + 1):
            if not waiting:
                return
            refused = self._refused([reject for reject, _ in waiting], step)
            for number, (_, names) in enumerate(waiting, 1):
                for name in names - refused.get(number, set()):
                    self._climb(name, step)
            waiting = [
                (reject, names & refused[number])
                for number, (reject, names) in enumerate(waiting, 1)
                if number in refused
            ]

    def _climb(self, name: str, step: int) -> None:
        step = min(step, len(self._ladders[name]) - 1)
        self._steps[name] = max(step, self._steps.get(name, step))

    def _refused(self, rejects: Sequence[Reject], step: int) -> dict[int, set[str]]:
        """The columns that fail with the types of a step, too, by the positions of the rejects from 1."""
        chunk = self._file.encode([reject.raw for reject in rejects], self._trial(step))
        return {reject.row_number: _failing(reject) for reject in chunk.rejects}

    def _trial(self, step: int) -> LoadPlan:
        children = tuple(
            replace(
                child, plan=replace(child.plan, cells=self._trial_cells(child.plan, step, f"{child.key}."))
            )
            for child in self._plan.children
        )
        cells = self._trial_cells(self._plan, step)
        return replace(self._plan, cells=cells, deduplicate=False, trace=False, children=children)

    def _trial_cells(self, plan: LoadPlan, step: int, prefix: str = "") -> tuple[Cell, ...]:
        return tuple(
            replace(cell, columns=tuple(self._widened(column, step, prefix) for column in cell.columns))
            for cell in plan.cells
        )

    def _widened(self, column: Column, step: int, prefix: str) -> Column:
        ladder = self._ladders.get(prefix + column.name)
        if ladder is None:
            return column
        wider = ladder[min(step, len(ladder) - 1)]
        if wider.name == "text":
            return replace(column, type=wider, formats=(), as_written=False, otherwise=REJECT)
        if wider.name != "numeric":
            return replace(column, type=wider, otherwise=REJECT)
        low, high = column.minimum or f"-{_FINITE}", column.maximum or _FINITE
        return replace(column, type=wider, minimum=low, maximum=high, otherwise=REJECT)


def _failing(reject: Reject) -> set[str]:
    """The columns that failed; none of this name where the record as a whole is at fault."""
    return {_unplaced(reject.column or ""), *(_unplaced(column) for column, _, _ in reject.others)}


def _columns(plan: LoadPlan) -> Iterator[tuple[str, Column]]:
    """The columns that are read from the file, by name; those of children behind their key and a dot."""
    for prefix, part in (("", plan), *((f"{child.key}.", child.plan) for child in plan.children)):
        yield from ((prefix + column.name, column) for cell in part.cells for column in cell.columns)


def _unplaced(name: str) -> str:
    """The column of an element without its place: `items[3].price` is `items.price`."""
    return _PLACE.sub(".", name) if "[" in name else name
