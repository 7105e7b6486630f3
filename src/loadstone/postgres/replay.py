"""Rejected rows that are tried again under the load id and the row numbers of their load.

What is taken in moves from rejected to inserted, updated or unchanged, what the contract leaves out by now to
discarded, so the sum of the load stays right.
"""

from __future__ import annotations

from loadstone.errors import BalanceError, DestinationError
from loadstone.model.batch import Chunk
from loadstone.model.load import Counts
from loadstone.postgres.connection import Connection
from loadstone.postgres.ledger import counts_as_parameters
from loadstone.postgres.queries import query

__all__ = ["Replay"]


class Replay:
    """Keeps the row numbers of what is tried again, and settles the load's rejects at the end.

    Args:
        load_id: the load whose rejects are tried again.
        worker: who does it.
    """

    def __init__(self, load_id: int, worker: str) -> None:
        self._load_id = load_id
        self._worker = worker or "loadstone"
        self._settled: list[int] = []
        self._rejected: list[int] = []

    def saw(self, chunk: Chunk) -> None:
        """Takes note of a chunk, which comes with its row index."""
        for index in (chunk.index, chunk.late_index):
            if index is not None:
                self._settled.extend(index.row_numbers)
        self._settled.extend(chunk.discarded_rows)
        self._rejected.extend(reject.row_number for reject in chunk.rejects)

    def close(self, connection: Connection, counts: Counts, refused: list[int]) -> str:
        """Closes rejects that are settled, makes room for new reasons, corrects the load's counts.

        Args:
            connection: in the transaction; the new rejects are not written yet.
            counts: of the rows tried again, in balance.
            refused: further rows that the database refused.

        Returns:
            The transaction's id.

        Raises:
            DestinationError: rows were tried that are no open rejects of the load.
        """
        rejected = [*self._rejected, *refused]
        settled = sorted(set(self._settled) - set(rejected))
        parameters = {"load_id": self._load_id, "worker": self._worker}
        closed = connection.execute(query("close_rejects"), {**parameters, "row_numbers": settled}).rowcount
        opened = connection.execute(query("reopen_rejects"), {**parameters, "row_numbers": rejected}).rowcount
        if closed + opened != counts.read:
            raise DestinationError(
                f"rows to be tried again: {counts.read:,}, but only {closed + opened:,} of them"
                f" are open rejects of load {self._load_id:,}; nothing was committed",
                code="no_open_reject",
                hint="`loadstone rejects` lists the rows that can be replayed; each only once",
            )
        row = connection.execute(
            query("finish_replay"), {**counts_as_parameters(counts), "load_id": self._load_id}
        ).fetchone()
        if row is None:
            raise BalanceError(f"load {self._load_id:,} is not in the table any more; nothing was committed")
        return str(row[0])
