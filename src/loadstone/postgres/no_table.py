"""The place of a loader where there is no table, and the file has no rows that would ask for one."""

from __future__ import annotations

from collections.abc import Sequence

from loadstone.model.batch import Chunk, Reject
from loadstone.model.contract import LoadPlan
from loadstone.model.pipeline import Dataset
from loadstone.postgres.replace import require_rows
from loadstone.postgres.settle import Settled

__all__ = ["NoTable"]


class NoTable:
    """Answers as `loader.TableLoader` does, and takes no rows.

    Args:
        dataset: its mode.
        table: its name, for messages.
    """

    shape = None
    creation = None

    def __init__(self, dataset: Dataset, table: str) -> None:
        self._dataset = dataset
        self._table = table
        self.is_late = False

    def prepare(
        self, plan: LoadPlan, _replaced_loads: Sequence[int], *, sets_aside: bool = False
    ) -> LoadPlan:
        """Makes nothing ready."""
        del sets_aside
        return plan

    def write(self, chunk: Chunk) -> None:
        """Must never be given rows."""
        raise AssertionError(f"{chunk.rows:,} rows for a table that the plan did not make")

    def drain(self) -> None:
        """There is nothing to wait for."""

    def settle(self, _null_keys: int, _late_rows: int, _left_out: Sequence[Reject] = ()) -> Settled:
        """Nothing came of it.

        Raises:
            EmptyReplace: a table was to be replaced.
        """
        require_rows(self._dataset, 0, self._table)
        return Settled()

    def close(self) -> None:
        """There is nothing to end."""
